/**
 * # Model
 * The model to use: the chosen combination, fitted once more on all rows. No row is left that could judge it, so the
 * metrics on its card are those of the same combination fitted on the training rows alone.
 */
import { saveModel } from "stepbook";
import { fitModel } from "../lib/model.ts";
import { diagnoses, featureMatrix, features } from "../lib/patients.ts";
import { inputsOf } from "../lib/predict.ts";
import { dataset } from "./10_fetch.ts";
import { best } from "./30_tune.ts";
import { metrics } from "./40_evaluate.ts";

const patients = await dataset.rows();
const model = fitModel(featureMatrix(patients), diagnoses(patients), best);

saveModel("breast-cancer", { features, ...model }, {
  doc: "Standard scaler, PCA and k nearest neighbours: is a breast mass malignant (M) or benign (B)?",
  params: { components: best.components, k: best.k, weights: best.weights },
  metrics: { cv_accuracy: best.accuracy, ...metrics },
  predict: "lib/predict.ts",
  inputs: inputsOf(patients),
});
