/**
 * # Tune
 * Standard scaler → PCA → k nearest neighbours: how many components, how many neighbours, and does a nearer one
 * count more? Every combination is cross-validated on the training rows; scaler and PCA are fitted inside each fold.
 */
import { display, param, random, track } from "stepbook";
import { stratifiedFolds } from "../lib/folds.ts";
import { diagnoses, featureMatrix } from "../lib/patients.ts";
import { bestTrial, gridSearch } from "../lib/tune.ts";
import { seed, train } from "./20_split.ts";

export const cvFolds = param("cv_folds", 3, { doc: "folds of the cross-validation", min: 2, max: 20 });
export const maxPcaComponents = param("max_pca_components", 30, { doc: "components tried: 1 up to, not including, this", min: 2, max: 31 });

const patients = await train.rows();
const labels = diagnoses(patients);
const folds = stratifiedFolds(labels, cvFolds, random(seed));
const grid = { components: maxPcaComponents - 1, ks: [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25] };

const search = gridSearch(featureMatrix(patients), labels, folds, grid);
export const trials = [...track(search, "components", { total: grid.components })].flat();
export const best = bestTrial(trials);

const choice = `**${best.components} components, k = ${best.k}, ${best.weights} weights**`;
const percent = (share: number) => (100 * share).toFixed(1);
const folded = `${percent(Math.min(...best.foldAccuracies))} to ${percent(Math.max(...best.foldAccuracies))} by fold`;
display({ "text/markdown": `${choice}: ${percent(best.accuracy)} % right in cross-validation (${folded}), the best of ${trials.length} and so optimistic.` });
