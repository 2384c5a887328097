import { about, any, flag, instant, list, map, number, object, oneOf, orNull, type Schema, text, whole, words } from "./schema.ts";

/** A schema by its name in the document. */
export function named(name: keyof typeof components): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const scalar: Schema = { type: ["string", "number", "boolean", "null"] };
const runStatus = words("running", "succeeded", "failed", "cancelled", "interrupted");
const stepStatus = words("ran", "cached", "failed", "skipped", "cancelled");
const digest = about("SHA-256 as 64 hexadecimal digits", text);

const runFields = {
  run: text,
  status: runStatus,
  trigger: words("manual", "watch", "cron", "backfill", "ui"),
  logicalDate: about("the scheduled instant that the run stands for", instant),
  startedAt: instant,
  finishedAt: orNull(instant),
  ms: orNull(number),
  params: map(text),
};
const stepFields = {
  step: text,
  status: stepStatus,
  reason: text,
  ms: number,
  attempts: whole,
  record: orNull(whole),
  failure: orNull(ref("Failure")),
};
const paramFields = { name: text, default: scalar };
const paramOptions = { doc: text, min: number, max: number, choices: about("the only values allowed", list(scalar)) };
const modelFields = {
  name: text,
  version: whole,
  aliases: list(text),
  createdAt: instant,
  step: text,
  run: text,
  record: whole,
  doc: text,
  metrics: map(number),
  params: map(any),
  card: map(any),
  bytes: whole,
  file: about("null: it is gone", orNull(text)),
};
const provenance = object({
  fingerprint: orNull(text),
  code: orNull(text),
  inputs: map(text),
  files: list(object({ name: text, digest: orNull(text) })),
});
const change = object({ name: text, change: words("added", "removed", "changed") });
const stepState = orNull(object({ status: text, ms: number }));
const difference = (type: string, fields: Readonly<Record<string, Schema>>) => object({ type: { const: type }, step: text, ...fields });

/** What answers are made of. */
export const components = {
  Problem: about(
    "RFC 9457",
    object(
      { type: text, title: text, status: whole, detail: about("what is wrong", text) },
      {
        code: about("names the kind of failure for good", text),
        remedy: about("what to do about it", text),
        place: ref("Place"),
        param: about("the one that it is about", text),
      },
    ),
  ),
  Place: object({ file: text }, { line: whole, column: whole }),
  Failure: object(
    { code: text, message: text },
    {
      remedy: text,
      step: text,
      place: ref("Place"),
      param: text,
      stack: text,
      excerpt: about("the lines around the place, as they were", object({ first: whole, lines: list(text) })),
      bundle: about("the code that failed, in .stepbook/bundles", text),
    },
  ),
  Column: object({ name: text, type: about("of DuckDB", text) }),
  Artifact: object({ digest, codec: words("value", "table", "figure"), bytes: whole }, { schema: list(ref("Column")), rows: whole }),
  Edge: object({ from: text, exports: about("none: order only", list(text)) }),
  Param: object(paramFields, paramOptions),
  ParamOfStep: object({ ...paramFields, step: text }, paramOptions),
  GraphStep: object({
    id: text,
    number: number,
    file: text,
    edges: list(ref("Edge")),
    exports: list(text),
    params: list(ref("Param")),
    config: map(any),
    packages: list(text),
    unwired: flag,
  }),
  Run: object(runFields, { steps: about("status → number of steps", map(whole)) }),
  RunWithSteps: object({ ...runFields, steps: list(ref("RunStep")) }),
  RunStep: object(stepFields),
  StepNow: object({
    step: text,
    title: text,
    state: about(
      "earlier: it took no part in the run, and what it left in one before is shown",
      words("waiting", "running", "retrying", "ran", "reused", "failed", "skipped", "cancelled", "stale", "earlier", "never"),
    ),
    reason: text,
    record: about("whose outputs are shown", orNull(whole)),
    ms: orNull(number),
    attempts: orNull(whole),
    live: orNull(object({ attempt: whole, since: instant }, { progress: object({ label: text, done: number, total: orNull(number) }) })),
  }),
  Read: object(
    {
      kind: words("param", "env", "file", "stat", "exists", "folder", "match", "machine", "run"),
      name: text,
      digest: orNull(about("null: it was not there", text)),
    },
    { shown: about("JSON of a param's value", text), fallback: text },
  ),
  Record: object({
    id: whole,
    step: text,
    run: text,
    finishedAt: instant,
    ms: number,
    attempts: whole,
    fingerprint: digest,
    artifacts: map(ref("Artifact")),
    displays: list(ref("Artifact")),
    inputs: about("step.export → digest", map(text)),
    reads: list(ref("Read")),
    opaque: list(object({ kind: text, what: text })),
    written: list(
      object(
        { path: text, digest: orNull(text) },
        {
          appended: about("it was only added to: it must be there", flag),
          beside: about("a folder that was emptied: what others left there", list(text)),
        },
      ),
    ),
    effects: list(ref("Effect")),
    notReproducible: orNull(text),
  }),
  Effect: oneOf(
    object({ kind: { const: "record" }, table: text, row: map(scalar) }),
    object({ kind: { const: "model" }, name: text, artifact: ref("Artifact"), card: ref("Artifact") }),
    object({ kind: { const: "table" }, table: text, artifact: ref("Artifact") }),
  ),
  Distribution: object(
    { nulls: whole, distinct: whole },
    {
      estimated: about("of a long table: about so many are distinct", flag),
      bins: about("rows in each of equal parts from min to max", list(whole)),
      min: text,
      max: text,
      low: about("min, exactly", number),
      high: about("max, exactly", number),
      top: list(object({ value: text, count: whole })),
    },
  ),
  Difference: oneOf(
    difference("step", { before: stepState, after: stepState }),
    difference("code", {
      files: list(change),
      declarations: list(change),
      packages: list(change),
      engine: list(text),
      patch: orNull(text),
    }),
    difference("param", { name: text, before: any, after: any }),
    difference("read", { kind: text, name: text, before: orNull(text), after: orNull(text) }),
    difference("data", { export: text, before: orNull(ref("Artifact")), after: orNull(ref("Artifact")), columns: list(any) }),
    difference("metric", { table: text, row: whole, column: text, before: scalar, after: scalar, delta: orNull(number) }),
  ),
  Model: object(modelFields),
  ModelVersion: object({ ...modelFields, provenance, uses: list(object({ step: text, alias: orNull(text), runs: whole, last: text })) }),
  Slot: object({
    schedule: text,
    slot: instant,
    status: words("due", "running", "succeeded", "failed", "skipped", "missed"),
    reason: orNull(text),
    trigger: words("cron", "backfill"),
    attempts: whole,
    failures: whole,
    notBefore: number,
    run: orNull(text),
    updatedAt: instant,
  }),
} satisfies Record<string, Schema>;
