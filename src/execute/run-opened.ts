import type { RunOptions } from "../config.ts";
import { knowledge, type Opened, openProject, planProject } from "../engine.ts";
import type { Emit, StepOutcome } from "../events.ts";
import { dependents, selectSteps } from "../graph/select.ts";
import type { RunStatus } from "../model.ts";
import { now, rest } from "../pace.ts";
import type { Knowledge } from "../plan/decide.ts";
import { writePlan } from "../plan/kept-plan.ts";
import { makeKeptPlan } from "../plan/make-kept-plan.ts";
import { withAllAfter } from "../plan/may-change.ts";
import { placeOf } from "../plan/place.ts";
import { checkParams } from "../params.ts";
import { takeLock } from "../record/lock.ts";
import { modelNames, readRecords } from "../record/records.ts";
import { hasOpenRun, recover } from "../record/recover.ts";
import { damagedRecords } from "../record/seal.ts";
import { finishRun, insertRun } from "../record/runs.ts";
import { type Db, unsynced } from "../record/state.ts";
import type { Cancellation } from "./cancel.ts";
import type { ProcessPool } from "./pool.ts";
import { maskFor, secretNames } from "./mask-for.ts";
import { type Finished, tellFinished } from "./finished.ts";
import { newRun } from "./new-run.ts";
import { settleModels, settleRows } from "./owed.ts";
import { noteSteps } from "./started.ts";
import { aloneReused, type Reused, reuseSteps } from "./reuse.ts";
import { keyOfPlan, mayStand, owes } from "./unchanged.ts";

/** A run whose steps are looked at one by one: lock → plan → walk → finish. @param ahead processes that wait for its first steps */
export async function runOpened(options: RunOptions, ahead: ProcessPool | undefined, emit: Emit, cancel: Cancellation): Promise<Finished> {
  const opened = await openProject(options.project).catch((error: unknown) => {
    // Ctrl-C ends esbuild, too: what fails by that does not say so.
    cancel.signal.throwIfAborted();
    throw error;
  });
  try {
    const again = againFrom(opened, options.from);
    const selected = selectSteps(opened.graph, again.size > 0 ? [...options.steps, ...again] : options.steps);
    checkParams(opened.graph, options.params);
    const release = await takeLock(opened.db, options.wait, (owner) => emit({ type: "run.waiting", owner }), cancel.signal);
    try {
      await rest();
      return await runLocked(opened, options, selected, options.force || again, ahead, emit, cancel);
    } finally {
      release();
    }
  } finally {
    opened.close();
  }
}

/** The steps from which a run is asked for, and all that depends on them, by what they hand each other, too. */
function againFrom({ graph, db }: Opened, words: readonly string[]): ReadonlySet<string> {
  const named = dependents(graph, words);
  return named.size > 0 ? withAllAfter(graph, named, readRecords(db)) : named;
}

async function runLocked(
  opened: Opened,
  options: RunOptions,
  selected: ReadonlySet<string>,
  force: boolean | ReadonlySet<string>,
  ahead: ProcessPool | undefined,
  tell: Emit,
  cancel: Cancellation,
): Promise<Finished> {
  const { db, graph, project } = opened;
  const startedAt = now();
  const mask = maskFor(graph);
  const emit = warnedOnce((event) => tell(mask.data(event)));
  const interrupted = recover(db, project);
  if (interrupted.length > 0) emit({ type: "run.recovered", runs: interrupted });
  const info = newRun(options);
  // Before the run has begun: what an earlier one left may fail, or take long.
  const warnings: string[] = [];
  await settleModels(opened, (message) => warnings.push(message));
  await rest();
  const known = knowledge(opened, options.params, force, new Date(info.startedAt), info);
  await rest();
  const planned = await planProject(opened, selected, known);
  await rest();
  const reused = cancel.requested ? undefined : aloneReused(planned);
  settleRows(opened, (message) => warnings.push(message));
  await rest();
  const begin = () => insertRun(db, info, mask.given(options.params));
  // Where nothing runs, the run is kept as a whole, in one transaction.
  if (!reused) {
    // The first step that is committed makes it durable too; a power cut before that leaves nothing of the run.
    unsynced(db, begin);
    noteSteps(project, info.id, selected);
    await rest();
  }

  const base = {
    graph,
    selected,
    planned,
    known,
    db,
    store: opened.store,
    hasher: opened.hasher,
    info,
    jobs: options.jobs,
    keepGoing: options.keepGoing,
    mask,
    emit,
    cancel,
    writes: new Map(),
  };
  const end = (status: RunStatus) => finishRun(db, info.id, status, new Date().toISOString());
  const told = (status: RunStatus, steps: readonly StepOutcome[]) => tellFinished(db, info.id, status, startedAt, steps, emit);
  try {
    emit({ type: "run.started", run: info.id, at: info.startedAt, info, params: { ...options.params }, steps: [...selected].sort() });
    for (const message of warnings) emit({ type: "run.warned", run: info.id, message });
    if (reused) {
      const steps = await reuseSteps(base, reused, () => {
        begin();
        end("succeeded");
      });
      if (mayStand(options) && !owes(project)) keepPlan(opened, known, reused);
      return told("succeeded", steps);
    }
    await rest();
    const { walkGraph } = await import("./walk-graph.ts");
    return await walkGraph(base, opened.runtime.child, ahead, (steps) => {
      const status: RunStatus = cancel.requested ? "cancelled" : steps.some((step) => step.status === "failed") ? "failed" : "succeeded";
      end(status);
      return told(status, steps);
    });
  } catch (error) {
    giveUp(db, () => end(cancel.requested ? "cancelled" : "failed"));
    throw error;
  }
}

/** A run that ends by an error of the engine's has ended; where that cannot be written either, the next one marks it as interrupted. */
function giveUp(db: Db, end: () => void): void {
  try {
    if (hasOpenRun(db)) end();
  } catch {
    // The error by which it ends is told.
  }
}

/** What keeps rows waiting is met at each commit, and said once. */
function warnedOnce(tell: Emit): Emit {
  const said = new Set<string>();
  return (event) => {
    if (event.type === "run.warned" && said.has(event.message)) return;
    if (event.type === "run.warned") said.add(event.message);
    tell(event);
  };
}

/** For the next run, which may find everything as it is now. */
function keepPlan({ project, db, graph, known, digests, store, runtime }: Opened, { world }: Knowledge, reused: readonly Reused[]): void {
  if (!known || damagedRecords(db).length > 0 || modelNames(db).length > 0) return;
  const stood = reused.map(({ step, decision }) => ({ step, record: decision.record }));
  const plan = makeKeptPlan({
    key: keyOfPlan(project, runtime, placeOf(digests)),
    graph,
    known,
    digests,
    store,
    world,
    secrets: secretNames(graph),
    stood,
  });
  if (plan) writePlan(project, db, plan);
}
