import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Failure } from "../errors.ts";
import { toFailure } from "../errors.ts";
import { excerptAt } from "../excerpt.ts";
import { longestWait } from "../graph/settings.ts";
import type { Artifact, Step } from "../model.ts";
import type { Decision } from "../plan/decide.ts";
import { importedFacts } from "../plan/machine.ts";
import { stagingFolder } from "../record/recover.ts";
import { lookAt } from "../store/look.ts";
import { attempt } from "./attempt.ts";
import { writeBundle } from "./bundles.ts";
import { commit, keepOutputs } from "./commit.ts";
import type { RunContext } from "./context.ts";
import { type Artifacts, makeJob, markFor } from "./job.ts";
import { StepLog } from "./logs.ts";
import { Notes } from "./notes.ts";

/** How a step ended, its retries included. */
type StepResult =
  | { readonly kind: "done"; readonly artifacts: Readonly<Record<string, Artifact>>; readonly changed: string[]; readonly attempts: number }
  | { readonly kind: "failed"; readonly failure: Failure; readonly attempts: number }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "cancelled" };

/**
 * Runs a step up to its number of attempts, with exponential back-off between them, and commits.
 * @param onStarted called when a process has been taken for it
 */
export async function runStep(
  context: RunContext,
  step: Step,
  decision: Decision,
  artifacts: Artifacts,
  onStarted: () => void,
): Promise<StepResult> {
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

type OnceResult =
  | { kind: "done"; artifacts: Readonly<Record<string, Artifact>> }
  | { kind: "failed"; failure: Failure }
  | { kind: "skipped"; reason: string }
  | { kind: "cancelled" };

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
    const attempted = attempt(step, job, { pool: context.pool, log, emit, cancel: context.cancel, notes }, (outputs) =>
      keepOutputs(context, outputs, staging),
    );
    onStarted();
    const outcome = await attempted;
    if (outcome.kind === "failed") {
      log.note(failureText(outcome.failure));
      return {
        kind: "failed",
        failure: context.mask.data(asItWas(graph.project, step, bundle, { place: { file: step.file }, ...outcome.failure })),
      };
    }
    if (outcome.kind !== "done") return outcome;
    warnOfSet(context, step, notes);
    const ms = performance.now() - startedAt;
    // Its file is closed meanwhile.
    void log.close();
    const { taken: stored, notReproducible } = outcome;
    return {
      kind: "done",
      artifacts: await commit(context, { step, decision, stored, staging, notReproducible, notes, ms, attempts: nth }),
    };
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
    if (name === "argv")
      notes.take({ type: "path", kind: "exists", path: script, digest: lookAt("exists", script), signature: null, at: Date.now() });
    notes.take({ type: "machine", name: name === "argv" ? "project" : name });
  }
}

/** Alone, what a step sets is set for those that import it, too: they are one process then. */
function warnOfSet({ graph, emit, info }: RunContext, step: Step, { sets }: Notes): void {
  if (sets.size === 0) return;
  for (const other of graph.steps.filter(({ edges }) => edges.some(({ from }) => from === step.id))) {
    const name = [...sets].find((each) => /^\w+$/.test(each) && new RegExp(`\\b${each}\\b`).test(other.code.text));
    if (name !== undefined)
      emit({
        type: "step.warned",
        run: info.id,
        step: step.id,
        message: `it sets ${name}, and ${other.id}, which imports it, asks for that: each step has a process of its own; set it in a helper that both import`,
      });
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

/** Keeps the code and excerpt of the failure, since the file may change; no lines if it already has. */
function asItWas(project: string, { code }: Step, bundle: string, failure: Failure): Failure {
  const { place } = failure;
  const excerpt = place && excerptAt(project, place, code.sources[place.file]);
  return {
    ...failure,
    bundle: path.basename(bundle),
    ...(place?.line === undefined ? {} : { excerpt: excerpt ?? { first: place.line, lines: [] } }),
  };
}

function failureText({ code, message, stack }: Failure): string {
  return `${code}: ${message}\n${stack ? `${stack}\n` : ""}`;
}

function explainCommit(step: Step, error: unknown): Failure {
  const { code, path: file } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL") {
    return {
      code: "E_DISK_FULL",
      step: step.id,
      message: `the disk is full: ${(error as Error).message}`,
      remedy: "free some space (`gc` removes what no kept run needs) and run again; nothing that was stored before is harmed",
    };
  }
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return {
      code: "E_READ_ONLY",
      step: step.id,
      message: `cannot write ${file ?? "the store"}`,
      remedy: "make the project's folder writable",
    };
  }
  return toFailure(error);
}

function changedExports(before: Readonly<Record<string, Artifact>>, now: Readonly<Record<string, Artifact>>): string[] {
  return Object.keys(now).filter((name) => now[name]!.digest !== before[name]?.digest || now[name]!.codec !== before[name].codec);
}

/** Waits for the given time, or less where the run is cancelled. */
async function pause(ms: number, { cancel }: RunContext): Promise<void> {
  const abort = new AbortController();
  const off = cancel.onCancel(() => abort.abort());
  await sleep(Math.min(ms, longestWait), undefined, { signal: abort.signal }).catch(() => {});
  off();
}
