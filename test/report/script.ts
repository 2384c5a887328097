import type { Failure } from "../../src/errors.ts";
import type { Event } from "../../src/events.ts";
import type { Artifact, Reason, StepStatus } from "../../src/model.ts";

export const run = "20260801-140322-k3";
const at = "2026-08-01T12:03:22.000Z";
const artifact: Artifact = { digest: "0".repeat(64), codec: "value", bytes: 12 };

export const because = (text: string, code: Reason["code"] = "first-run"): Reason => ({ code, text });
const started = (step: string, text = "it has not run yet", attempt = 1): Event => ({
  type: "step.started",
  run,
  step,
  at,
  attempt,
  reason: because(text),
});
const ran = (step: string, ms: number, changed = ["data"], attempts = 1): Event => ({
  type: "step.ran",
  run,
  step,
  ms,
  attempts,
  artifacts: { data: artifact },
  changed,
});
const reused = (step: string, ms: number): Event => ({
  type: "step.reused",
  run,
  step,
  reason: because("nothing that it depends on changed", "unchanged"),
  from: "r0",
  ms,
});
const outcome = (step: string, status: StepStatus, ms = 0) => ({ step, status, reason: "it has not run yet", ms, attempts: 1 });

const steps = ["05_provenance", "10_fetch", "20_batches", "20_split", "30_tune", "40_evaluate", "50_model", "50_record"];

export const runStarted: Event = {
  type: "run.started",
  run,
  at,
  params: { test_split_ratio: "0.2" },
  steps,
  info: { id: run, trigger: "manual", logicalDate: at, startedAt: at },
};

const row = {
  model_name: "breast-cancer",
  seed: 42,
  test_split_ratio: 0.3,
  cv_folds: 3,
  best_k: 9,
  cv_accuracy: 0.96984924,
  test_set_accuracy: 0.9707602339,
  test_set_precision: 0.98333,
  test_set_recall: 0.921875,
  test_set_f1: 0.961,
  test_set_roc_auc: 0.99241,
  git_commit: "a".repeat(40),
  git_dirty: false,
  node_version: "20.20.2",
  platform: "linux x64",
};

/** A first run of the pipeline that ships: everything runs. */
export const firstRun: Event[] = [
  runStarted,
  started("05_provenance"),
  started("10_fetch"),
  {
    type: "step.checked",
    run,
    step: "10_fetch",
    table: "dataset",
    rules: Array.from({ length: 38 }, (_, n) => ({ rule: `rule ${n}`, failing: 0, sample: [] })),
  },
  ran("05_provenance", 88),
  ran("10_fetch", 1120),
  reused("20_batches", 412),
  started("20_split", "param test_split_ratio: 0.3 → 0.2"),
  { type: "step.output", run, step: "20_split", stream: "stdout", line: "455 rows to train on, 114 to test with" },
  { type: "step.warned", run, step: "20_split", message: "SQL uses random(), so the result differs in every run; give it a seed" },
  ran("20_split", 312),
  started("30_tune", "input split.train changed"),
  { type: "step.progress", run, step: "30_tune", label: "components", done: 0, total: 29 },
  { type: "step.progress", run, step: "30_tune", label: "components", done: 12, total: 29 },
  {
    type: "step.displayed",
    run,
    step: "30_tune",
    bundle: {
      "text/markdown": "**9 components, 9 neighbours, uniform weights**:\nright in 97.0 % of cases, the best of 754 combinations.",
    },
  },
  ran("30_tune", 4130, []),
  started("40_evaluate", "lib/metrics.ts: rocAuc changed"),
  {
    type: "step.displayed",
    run,
    step: "40_evaluate",
    bundle: {
      "text/markdown":
        "\n| | said malignant | said benign |\n| --- | --: | --: |\n| **is malignant** | 59 | 5 |\n| **is benign** | 1 | 106 |\n\naccuracy **0.971** · precision **0.983**",
    },
  },
  ran("40_evaluate", 402),
  started("50_model", "input evaluate.metrics changed"),
  started("50_record", "it records a result in every run"),
  { type: "model.saved", run, step: "50_model", name: "breast-cancer", version: 3, path: "models/breast-cancer/v3.json", existed: false },
  ran("50_model", 290),
  { type: "row.recorded", run, step: "50_record", table: "experiments", row },
  ran("50_record", 61),
];

export const firstRunEnd: Event = {
  type: "run.finished",
  run,
  status: "succeeded",
  ms: 6480,
  steps: steps.map((step) => outcome(step, step === "20_batches" ? "cached" : "ran", 100)),
};

export const failure: Failure = {
  code: "E_STEP_THREW",
  step: "30_tune",
  message: "TypeError: rows.map is not a function",
  remedy: "rows is a Table: await rows.rows() gives its rows",
  place: { file: "steps/30_tune.ts", line: 3, column: 21 },
  stack: "    at labelsOf (lib/tune.ts:40:3)\n    at file:///project/steps/30_tune.ts:3:21",
};

/** A run with all that can go wrong. */
export const badRun: Event[] = [
  { type: "run.waiting", owner: { pid: 4711, since: at } },
  { type: "run.recovered", runs: ["20260801-135900-x1"] },
  runStarted,
  ...steps.slice(0, 3).map((step) => reused(step, 100)),
  started("20_split", "lib/folds.ts: stratify changed"),
  {
    type: "step.retrying",
    run,
    step: "20_split",
    attempt: 2,
    in: 1000,
    failure: { code: "E_STEP_THREW", message: "Error: connect ECONNREFUSED 127.0.0.1:5432\nmore" },
  },
  started("20_split", "lib/folds.ts: stratify changed", 2),
  ran("20_split", 3120, ["train", "test"], 2),
  started("30_tune", "input split.train changed"),
  {
    type: "step.checked",
    run,
    step: "30_tune",
    table: "patients",
    rules: [
      {
        rule: "unique: id",
        failing: 2,
        sample: [
          { id: 842302, diagnosis: "M" },
          { id: 842302, diagnosis: "B" },
        ],
      },
      { rule: "not null: diagnosis", failing: 0, sample: [] },
    ],
  },
  {
    type: "step.output",
    run,
    step: "30_tune",
    stream: "stderr",
    line: "\x1b[31mred\x1b[39m and then a rather long line that goes on and on, 漢字も絵文字🎉も, past the end of any terminal of sixty columns",
  },
  { type: "step.failed", run, step: "30_tune", ms: 1240, attempts: 1, failure },
  { type: "step.skipped", run, step: "40_evaluate", reason: because("30_tune failed", "upstream-failed") },
  { type: "step.cancelled", run, step: "50_model", ms: 210 },
  { type: "step.skipped", run, step: "50_record", reason: because("30_tune failed", "upstream-failed") },
  { type: "run.warned", run, message: "Postgres cannot be reached: 3 rows wait in the outbox" },
];

export const badRunEnd: Event = {
  type: "run.finished",
  run,
  status: "failed",
  ms: 4800,
  steps: [
    ...steps.slice(0, 3).map((step) => outcome(step, "cached")),
    outcome("20_split", "ran", 3120),
    outcome("30_tune", "failed", 1240),
    outcome("40_evaluate", "skipped"),
    outcome("50_model", "cancelled", 210),
    outcome("50_record", "skipped"),
  ],
};
