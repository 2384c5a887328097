/**
 * # Record
 * One row in the table of experiments: what was asked, what was chosen, how good it is, and which code it was.
 * Compare experiments by `cv_accuracy`: who chooses by `test_set_*` needs another test set afterwards.
 */
import { record } from "stepbook";
import { gitCommit, gitDirty, nodeVersion, platform } from "./05_provenance.ts";
import { seed, testSplitRatio } from "./20_split.ts";
import { best, cvFolds, maxPcaComponents } from "./30_tune.ts";
import { metrics } from "./40_evaluate.ts";

record("experiments", {
  model_name: "breast-cancer",
  seed,
  test_split_ratio: testSplitRatio,
  cv_folds: cvFolds,
  max_pca_components: maxPcaComponents,
  best_pca_components: best.components,
  best_k: best.k,
  best_weights: best.weights,
  cv_accuracy: best.accuracy,
  test_set_accuracy: metrics.accuracy,
  test_set_precision: metrics.precision,
  test_set_recall: metrics.recall,
  test_set_f1: metrics.f1,
  test_set_roc_auc: metrics.rocAuc,
  git_commit: gitCommit,
  git_dirty: gitDirty,
  node_version: nodeVersion,
  platform,
});
