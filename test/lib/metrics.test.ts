import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accuracy, confusionMatrix, f1, precision, recall, rocAuc } from "../../lib/metrics.ts";
import { diagnoses } from "../../lib/patients.ts";
import { sklearn } from "../fixtures/sklearn/fixture.ts";
import { patientsOf } from "./dataset.ts";

describe.each(sklearn.evaluations)("as scikit-learn counts them: $components components, k $k, $weights", (evaluation) => {
  const truth = diagnoses(patientsOf(sklearn.test));
  const confusion = confusionMatrix(truth, [...evaluation.predictions], "M");

  test("confusion matrix", () => expect(confusion).toEqual(evaluation.confusion));
  test("accuracy", () => expect(accuracy(confusion)).toBeCloseTo(evaluation.accuracy, 12));
  test("precision", () => expect(precision(confusion)).toBeCloseTo(evaluation.precision, 12));
  test("recall", () => expect(recall(confusion)).toBeCloseTo(evaluation.recall, 12));
  test("F1", () => expect(f1(confusion)).toBeCloseTo(evaluation.f1, 12));
  test("ROC AUC", () => expect(rocAuc(truth, evaluation.scores, "M")).toBeCloseTo(evaluation.roc_auc, 12));
});

test("ROC AUC is the share of pairs in the right order, ties counting half", () => {
  const scored = fc.array(fc.record({ label: fc.constantFrom("B", "M"), score: fc.integer({ min: 0, max: 5 }) }), { minLength: 2 });
  fc.assert(
    fc.property(scored, (rows) => {
      const of = (label: string) => rows.filter((row) => row.label === label);
      fc.pre(of("M").length > 0 && of("B").length > 0);
      const pairs = of("M").flatMap((m) => of("B").map((b) => (m.score > b.score ? 1 : m.score === b.score ? 0.5 : 0)));
      const share = pairs.reduce((sum: number, pair) => sum + pair, 0) / pairs.length;
      expect(
        rocAuc(
          rows.map(({ label }) => label),
          rows.map(({ score }) => score),
          "M",
        ),
      ).toBeCloseTo(share, 12);
    }),
  );
});

test("where nothing was said or found to be positive, precision, recall and F1 are 0", () => {
  const none = confusionMatrix(["B", "B"], ["B", "B"], "M");
  expect([precision(none), recall(none), f1(none), accuracy(none)]).toEqual([0, 0, 0, 1]);
});

test("ROC AUC of one class alone is refused", () => {
  expect(() => rocAuc(["B", "B"], [0.1, 0.2], "M")).toThrow(new RangeError("ROC AUC needs rows of both classes"));
});
