-- The results tables: one definition, for the embedded SQLite file and for Postgres alike.
-- A column added here is added to the tables at the next run; one removed here stays in them, with a warning.

CREATE TABLE IF NOT EXISTS experiments (
  experiment_id       text PRIMARY KEY,
  experiment_datetime timestamptz NOT NULL,
  model_name          text,
  seed                integer,
  test_split_ratio    double precision,
  cv_folds            integer,
  max_pca_components  integer,
  best_pca_components integer,
  best_k              integer,
  best_weights        text,
  cv_accuracy         double precision,
  test_set_accuracy   double precision,
  test_set_precision  double precision,
  test_set_recall     double precision,
  test_set_f1         double precision,
  test_set_roc_auc    double precision,
  git_commit          text,
  git_dirty           boolean,
  node_version        text,
  platform            text
);

-- Postgres keeps these comments; the SQLite loader leaves them out.
COMMENT ON TABLE experiments IS 'One row per run that recorded a result: its params, its choice, its metrics, its code.';
COMMENT ON COLUMN experiments.experiment_id IS 'Id of the run';
COMMENT ON COLUMN experiments.experiment_datetime IS 'When the run started';
COMMENT ON COLUMN experiments.model_name IS 'Name under models/';
COMMENT ON COLUMN experiments.seed IS 'Seed of the split and the folds';
COMMENT ON COLUMN experiments.test_split_ratio IS 'Share of the rows put away for the test, 0 to 1';
COMMENT ON COLUMN experiments.cv_folds IS 'Folds of the cross-validation';
COMMENT ON COLUMN experiments.max_pca_components IS 'Components tried: 1 up to, not including, this';
COMMENT ON COLUMN experiments.best_pca_components IS 'Components chosen';
COMMENT ON COLUMN experiments.best_k IS 'Neighbours chosen';
COMMENT ON COLUMN experiments.best_weights IS 'Weight of a neighbour''s vote: uniform, or distance for the inverse of its distance';
COMMENT ON COLUMN experiments.cv_accuracy IS 'Mean accuracy of the chosen combination over the folds, 0 to 1';
COMMENT ON COLUMN experiments.test_set_accuracy IS 'Share of the test rows classified rightly, 0 to 1';
COMMENT ON COLUMN experiments.test_set_precision IS 'Of the test rows said to be malignant, the share that are';
COMMENT ON COLUMN experiments.test_set_recall IS 'Of the malignant test rows, the share that was found';
COMMENT ON COLUMN experiments.test_set_f1 IS 'Harmonic mean of precision and recall';
COMMENT ON COLUMN experiments.test_set_roc_auc IS 'Area under the ROC curve; malignant is the positive class';
COMMENT ON COLUMN experiments.git_commit IS 'Commit that was checked out; null outside a git repository';
COMMENT ON COLUMN experiments.git_dirty IS 'Whether the working tree differed from the commit';
COMMENT ON COLUMN experiments.node_version IS 'Version of Node';
COMMENT ON COLUMN experiments.platform IS 'Operating system and processor';
