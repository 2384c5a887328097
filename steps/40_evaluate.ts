/**
 * # Evaluate
 * The chosen combination, fitted on all training rows and judged by the test rows, which had no part in the choice.
 * Malignant is the positive class: recall is the share of malignant masses that were found.
 */
import { display } from "stepbook";
import { accuracy, confusionMatrix, f1, precision, recall, rocAuc } from "../lib/metrics.ts";
import { fitModel, predict } from "../lib/model.ts";
import { diagnoses, featureMatrix } from "../lib/patients.ts";
import { test, train } from "./20_split.ts";
import { best } from "./30_tune.ts";

const seen = await train.rows();
const unseen = await test.rows();
const truth = diagnoses(unseen);
const predictions = predict(fitModel(featureMatrix(seen), diagnoses(seen), best), featureMatrix(unseen));

export const confusion = confusionMatrix(truth, predictions.map(({ label }) => label), "M");
export const metrics = {
  accuracy: accuracy(confusion),
  precision: precision(confusion),
  recall: recall(confusion),
  f1: f1(confusion),
  rocAuc: rocAuc(truth, predictions.map(({ shares }) => shares["M"]!), "M"),
};

display({
  "text/markdown": `
| | predicted malignant | predicted benign |
| --- | --: | --: |
| **is malignant** | ${confusion.truePositives} | ${confusion.falseNegatives} |
| **is benign** | ${confusion.falsePositives} | ${confusion.trueNegatives} |

${Object.entries(metrics).map(([name, value]) => `${name} **${value.toFixed(3)}**`).join(" · ")}`,
});
