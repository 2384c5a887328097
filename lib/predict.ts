import { type Model, predict as predictRows, type Prediction } from "./model.ts";
import { features, type Feature, type Patient } from "./patients.ts";

/** What the model is asked for, by what was measured: the median as example, and up to twice the largest. */
export function inputsOf(patients: readonly Patient[]): Record<string, { example: number; min: number; max: number }> {
  return Object.fromEntries(
    features.map((feature) => {
      const sorted = patients.map((patient) => patient[feature]).sort((a, b) => a - b);
      // Beyond what was measured a prediction is a guess, but a mass may be larger than any seen yet.
      return [feature, { example: sorted[Math.floor(sorted.length / 2)]!, min: 0, max: sorted.at(-1)! * 2 }];
    }),
  );
}

/** The saved model's answer for one patient: what `runner.ts predict` and the model's page ask. */
export function predict(model: Model & { features: readonly Feature[] }, row: Readonly<Record<Feature, number>>): Prediction {
  return predictRows(model, [model.features.map((feature) => row[feature])])[0]!;
}
