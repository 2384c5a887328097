import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "../errors.ts";
import { toFailure } from "../errors.ts";
import { excerptAt } from "../excerpt.ts";
import { longestWait } from "../graph/settings.ts";
import type { Artifact, Step, StepId } from "../model.ts";
import type { Decision } from "../plan/decide.ts";
import { importedFacts } from "../plan/machine.ts";
import { stagingFolder } from "../record/recover.ts";
import { lookAt } from "../store/look.ts";
import { attempt } from "./attempt.ts";
import { writeBundle } from "./bundles.ts";
import { usesTables } from "./coming.ts";
import { commit, keepOutputs } from "./commit.ts";
import type { RunContext } from "./context.ts";
import { StepLog } from "./logs.ts";
import { Notes } from "./notes.ts";
import type { Job, StoredInput } from "./protocol.ts";
import { logFolder } from "./started.ts";

/** How a step ended, its retries included. */
export type StepResult =
  | { readonly kind: "done"; readonly artifacts: Readonly<Record<string, Artifact>>; readonly changed: string[]; readonly attempts: number }
  | { readonly kind: "failed"; readonly failure: Failure; readonly attempts: number }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "cancelled" };

type Artifacts = ReadonlyMap<StepId, Readonly<Record<string, Artifact>>>;

/**
 * Runs a step up to its number of attempts, with exponential back-off between them, and commits.
 * @param onStarted called when a process has been taken for it
 */
export async function runStep(context: RunContext, step: Step, decision: Decision, artifacts: Artifacts, onStarted: () => void): Promise<StepResult> {
  const bundle = writeBundle(context.graph.project, step);
  const before = context.known.latestRecord(step.name)?.artifacts ?? {};
  for (let nth = 1; ; nth++) {
    const result = await once(context, step, decision, artifacts, bundle, nth, onStarted);
    if (result.kind === "done") return { ...result, changed: changedExports(before, result.artifacts), attempts: nth };
    if (result.kind !== "failed") return result;
    if (nth > step.config.retries || context.cancel.requested) return { ...result, attempts: nth };
    const wait = step.config.retryDelay * 2 ** (nth - 1);
    context.emit({ type: "step.retrying", run: context.info.id, step: step.id, attempt: nth + 1, in: wait, failure: result.failure });
    await pause(wait, context);
    if (context.cancel.requested) return { kind: "cancelled" };
  }
}

type OnceResult = { kind: "done"; artifacts: Readonly<Record<string, Artifact>> } | { kind: "failed"; failure: Failure } | { kind: "skipped"; reason: string } | { kind: "cancelled" };

async function once(
  context: RunContext,
  step: Step,
  decision: Decision,
  artifacts: Artifacts,
  bundle: string,
  nth: number,
  onStarted: () => void,
): Promise<OnceResult> {
  const { graph, info, emit } = context;
  const staging = path.join(stagingFolder(graph.project, info.id), `${step.id}.${nth}`);
  const log = new StepLog(graph.project, info.id, step.id, nth, context.mask);
  const startedAt = performance.now();
  const over = new AbortController();
  emit({ type: "step.started", run: info.id, step: step.id, at: new Date().toISOString(), attempt: nth, reason: decision.reason });
  try {
    // A step that only tells its results needs no folder of its own.
    mkdirSync(path.dirname(staging), { recursive: true });
    const job = { ...makeJob(context, step, artifacts, bundle, staging), mark: markFor(step) };
    const notes = new Notes((file) => context.hasher.ahead(file, over.signal));
    noteImported(graph.project, step, notes);
    const attempted = attempt(step, job, { pool: context.pool, log, emit, cancel: context.cancel, notes }, (outputs) => keepOutputs(context, outputs, staging));
    onStarted();
    const outcome = await attempted;
    if (outcome.kind === "failed") {
      log.note(failureText(outcome.failure));
      return { kind: "failed", failure: context.mask.data(asItWas(graph.project, step, bundle, { place: { file: step.file }, ...outcome.failure })) };
    }
    if (outcome.kind !== "done") return outcome;
    warnOfSet(context, step, notes);
    const ms = performance.now() - startedAt;
    // Its file is closed meanwhile.
    void log.close();
    const { taken: kept, notReproducible } = outcome;
    return { kind: "done", artifacts: await commit(context, { step, decision, kept, staging, notReproducible, notes, ms, attempts: nth }) };
  } catch (error) {
    return { kind: "failed", failure: context.mask.data(explainCommit(step, error)) };
  } finally {
    over.abort();
    clear(staging);
    await log.close();
  }
}

/** What the step has of the process without asking: its imports name it. */
function noteImported(project: string, step: Step, notes: Notes): void {
  const script = path.join(project, step.file);
  for (const name of importedFacts(step.code.text)) {
    if (name === "argv") notes.take({ type: "path", kind: "exists", path: script, digest: lookAt("exists", script), signature: null, at: Date.now() });
    notes.take({ type: "machine", name: name === "argv" ? "project" : name });
  }
}

/** Alone, what a step sets is set for those that import it, too: they are one process then. */
function warnOfSet({ graph, emit, info }: RunContext, step: Step, { sets }: Notes): void {
  if (sets.size === 0) return;
  for (const other of graph.steps.filter(({ edges }) => edges.some(({ from }) => from === step.id))) {
    const name = [...sets].find((each) => /^\w+$/.test(each) && new RegExp(`\\b${each}\\b`).test(other.code.text));
    if (name !== undefined) emit({ type: "step.warned", run: info.id, step: step.id, message: `it sets ${name}, and ${other.id}, which imports it, asks for that: each step has a process of its own; set it in a helper that both import` });
  }
}

/** An empty folder goes with those of the other steps when the run ends: at each step its removal would wait for the disk. */
function clear(folder: string): void {
  try {
    if (readdirSync(folder).length > 0) rmSync(folder, { recursive: true, force: true });
  } catch {
    // What cannot be removed now goes then, too.
  }
}

/** With the code that failed, which may be another one by the time somebody reads of it, or may be already: then there are no lines. */
function asItWas(project: string, { code }: Step, bundle: string, failure: Failure): Failure {
  const { place } = failure;
  const excerpt = place && excerptAt(project, place, code.sources[place.file]);
  return { ...failure, bundle: path.basename(bundle), ...(place?.line === undefined ? {} : { excerpt: excerpt ?? { first: place.line, lines: [] } }) };
}

function failureText({ code, message, stack }: Failure): string {
  return `${code}: ${message}\n${stack ? `${stack}\n` : ""}`;
}

function explainCommit(step: Step, error: unknown): Failure {
  const { code, path: file } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL") {
    return { code: "E_DISK_FULL", step: step.id, message: `the disk is full: ${(error as Error).message}`, remedy: "free some space (`gc` removes what no kept run needs) and run again; nothing that was stored before is harmed" };
  }
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return { code: "E_READ_ONLY", step: step.id, message: `cannot write ${file ?? "the store"}`, remedy: "make the project's folder writable" };
  }
  return toFailure(error);
}

/** What a step's process is asked: also by `verify`, which is no run. */
export function makeJob({ graph, info, known, store }: Pick<RunContext, "graph" | "info" | "known" | "store">, step: Step, artifacts: Artifacts, bundle: string, staging: string): Job {
  const names = new Map(graph.steps.map((each) => [each.id, each.name]));
  const inputs = step.edges.flatMap((edge) =>
    edge.exports.flatMap((name): [string, StoredInput][] => {
      const artifact = artifacts.get(edge.from)?.[name];
      return artifact ? [[`${names.get(edge.from)}.${name}`, { artifact, file: store.path(artifact) }]] : [];
    }),
  );
  return {
    project: graph.project,
    step: step.id,
    file: step.file,
    bundle,
    inputs: Object.fromEntries(inputs),
    exports: step.exports,
    packages: known.packages.folders(step.id, step.packages),
    duckdb: known.packages.reaches(step.id, step.packages, "@duckdb/node-api"),
    params: known.world.params,
    tables: usesTables(step) || inputs.some(([, { artifact }]) => artifact.codec === "table"),
    outside: step.outside,
    unawaited: step.unawaited,
    run: info,
    staging,
    kept: logFolder(graph.project, info.id),
    memory: step.config.memory,
    threads: step.config.threads,
    mark: null,
  };
}

/** A limit of memory holds for a process: such a step has its own. */
function markFor({ config }: Step): string | null {
  return config.isolation === "shared" && config.memory === null ? randomUUID() : null;
}

function changedExports(before: Readonly<Record<string, Artifact>>, now: Readonly<Record<string, Artifact>>): string[] {
  return Object.keys(now).filter((name) => now[name]!.digest !== before[name]?.digest);
}

/** Waits for the given time, or less where the run is cancelled. */
async function pause(ms: number, { cancel }: RunContext): Promise<void> {
  const abort = new AbortController();
  const off = cancel.onCancel(() => abort.abort());
  await sleep(Math.min(ms, longestWait), undefined, { signal: abort.signal }).catch(() => {});
  off();
}
