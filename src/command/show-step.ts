import { exitCodes } from "../errors.ts";
import { defaultConfig } from "../graph/settings.ts";
import type { ReadKind, Step } from "../model.ts";
import { differsInEachRun } from "../plan/reads.ts";
import type { KeptRecord } from "../record/records.ts";
import type { lastFailure } from "../record/runs.ts";
import { formatBytes, formatDate, formatDuration } from "../report/format.ts";
import type { Cell } from "../report/text-table.ts";
import { type Io, print, printJson, printTable, say } from "./io.ts";
import { short } from "./short.ts";

/** A step: its settings and params, and what its current record holds. @param failed where it has none */
export function showStep(io: Io, step: Step, record: KeptRecord | undefined, failed: ReturnType<typeof lastFailure>): number {
  if (io.json) printJson(io, described(step, record));
  else printStep(io, step, record, failed);
  return exitCodes.done;
}

function described({ id, number, file, edges, config, params, exports, packages, uses, unwired }: Step, record: KeptRecord | undefined) {
  return {
    step: id,
    number,
    file,
    edges,
    unwired,
    config,
    params,
    exports,
    packages,
    uses,
    record: record ? describedRecord(record) : null,
  };
}

export function describedRecord({
  run,
  finishedAt,
  ms,
  attempts,
  fingerprint,
  parts,
  artifacts,
  reads,
  opaque,
  written,
  effects,
  notReproducible,
}: KeptRecord) {
  return {
    run,
    finishedAt,
    ms,
    attempts,
    fingerprint,
    artifacts,
    inputs: parts.inputs,
    reads,
    opaque,
    written,
    effects,
    notReproducible: notReproducible ?? null,
  };
}

function printStep(io: Io, step: Step, record: KeptRecord | undefined, failed: ReturnType<typeof lastFailure>): void {
  say(io, `${step.id}  ${step.file}${step.unwired ? "  unwired" : ""}`);
  if (record) say(io, `made by run ${record.run}, ${formatDate(record.finishedAt)}, in ${formatDuration(record.ms)}`);
  else say(io, failed ? `it failed in run ${failed.run}: ${failed.reason}` : "it has not run yet");
  if (record?.notReproducible) say(io, `not reproducible: ${record.notReproducible}`);
  section(io, ["setting", "value"], settings(step));
  section(
    io,
    ["param", "default", "last", "what"],
    step.params.map((use) => [use.name, JSON.stringify(use.default), lastValue(record, use.name), use.doc ?? ""]),
  );
  section(io, ["export", "kind", "rows", "size", "digest"], exportRows(step, record));
  section(
    io,
    ["imports", "exports"],
    step.edges.map(({ from, exports }) => [from, exports.join(", ") || "(order only)"]),
  );
  section(io, ["read", "kind", "digest"], reads(record));
  section(
    io,
    ["wrote", "digest"],
    (record?.written ?? []).map((file) => [file.path, short(file.digest)]),
  );
  section(
    io,
    ["cannot be seen through", "kind"],
    (record?.opaque ?? []).map(({ kind, what }) => [what, kind]),
  );
}

function section(io: Io, columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
  if (rows.length === 0) return;
  print(io, "");
  printTable(io, columns, rows);
}

function settings({ config }: Step): Cell[][] {
  return Object.entries(config)
    .filter(([key, value]) => value !== defaultConfig[key as keyof typeof defaultConfig])
    .map(([key, value]) => [key, String(value)]);
}

function lastValue(record: KeptRecord | undefined, name: string): string {
  return record?.reads.find((read) => read.kind === "param" && read.name === name)?.shown ?? "";
}

function exportRows({ exports }: Step, record: KeptRecord | undefined): Cell[][] {
  const artifacts = record?.artifacts ?? {};
  return [...new Set([...exports, ...Object.keys(artifacts)])].map((name) => {
    const artifact = Object.hasOwn(artifacts, name) ? artifacts[name] : undefined;
    if (!artifact) return [name, "not there yet"];
    return [name, artifact.codec, artifact.rows, formatBytes(artifact.bytes), short(artifact.digest)];
  });
}

const hidden: ReadonlySet<ReadKind> = new Set(["param", "run"]);

function reads(record: KeptRecord | undefined): Cell[][] {
  const shown = (record?.reads ?? []).filter(({ kind }) => !hidden.has(kind));
  const run = (record?.reads ?? [])
    .filter(({ kind }) => kind === "run")
    .map(({ name }) => [`run.${name}`, "run", differsInEachRun(name) ? "differs in each run" : "another one makes it run"]);
  // An environment variable's digest is keyed: it says nothing to the eye.
  return [...shown.map(({ name, kind, digest }) => [name, kind, kind === "env" ? (digest ? "set" : "not set") : short(digest)]), ...run];
}
