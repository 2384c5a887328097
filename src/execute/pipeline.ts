import { existsSync } from "node:fs";
import path from "node:path";
import type { RunOptions } from "../config.ts";
import { knowledge, type Opened, openProject, planProject } from "../engine.ts";
import { fail } from "../errors.ts";
import type { Emit, Event, StepOutcome } from "../events.ts";
import { dependents, selectSteps } from "../graph/select.ts";
import type { RunInfo, RunStatus } from "../model.ts";
import { rest } from "../pace.ts";
import { checkParams } from "../params.ts";
import { deliverEmbedded } from "../record/experiments.ts";
import { takeLock } from "../record/lock.ts";
import { publishModels } from "../record/publish.ts";
import { modelNames } from "../record/records.ts";
import { recover } from "../record/recover.ts";
import { damagedRecords } from "../record/seal.ts";
import { finishRun, insertRun, newRunId } from "../record/runs.ts";
import { stateFolder } from "../record/state.ts";
import { sabotaged } from "../sabotage.ts";
import type { Cancellation } from "./cancel.ts";
import type { ProcessPool } from "./pool.ts";
import { maskFor } from "./mask-for.ts";
import { aloneReused, reuseSteps } from "./reuse.ts";

export type Finished = Extract<Event, { type: "run.finished" }>;

/**
 * One run: graph → lock → plan → walk → finish. Everything that happens is told as events; what
 * is wrong before a step runs is thrown.
 */
export async function runPipeline(options: RunOptions, emit: Emit, cancel: Cancellation): Promise<Finished> {
  const ahead = await firstProcesses(options);
  try {
    return await runOpened(options, ahead, emit, cancel);
  } finally {
    ahead?.close();
  }
}

/** Where nothing was kept, steps are sure to run. */
async function firstProcesses({ project, jobs }: RunOptions): Promise<ProcessPool | undefined> {
  if (existsSync(path.join(stateFolder(project), "state.db"))) return undefined;
  const { startAhead } = await import("./ahead.ts");
  return startAhead(project, jobs);
}

async function runOpened(options: RunOptions, ahead: ProcessPool | undefined, emit: Emit, cancel: Cancellation): Promise<Finished> {
  const opened = await openProject(options.project);
  try {
    const again = dependents(opened.graph, options.from);
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
    opened.digests.flush();
    opened.db.close();
  }
}

async function runLocked(opened: Opened, options: RunOptions, selected: ReadonlySet<string>, force: boolean | ReadonlySet<string>, ahead: ProcessPool | undefined, tell: Emit, cancel: Cancellation): Promise<Finished> {
  const { db, graph, project } = opened;
  const startedAt = performance.now();
  const mask = maskFor(graph);
  const emit: Emit = (event) => tell(mask.data(event));
  const interrupted = recover(db, project);
  if (interrupted.length > 0) emit({ type: "run.recovered", runs: interrupted });
  const info = newRun(options);
  await rest();
  const known = knowledge(opened, options.params, force, new Date(info.startedAt));
  await rest();
  const planned = await planProject(opened, selected, known);
  await rest();
  const reused = cancel.requested ? undefined : aloneReused(planned);
  const begin = () => insertRun(db, info, mask.data(options.params));
  // Where nothing runs, the run is kept as a whole, in one transaction.
  if (!reused) {
    begin();
    await rest();
  }
  emit({ type: "run.started", run: info.id, at: info.startedAt, info, params: { ...options.params }, steps: [...selected].sort() });
  await settleOwed(opened, info, emit);
  await rest();

  const base = { graph, selected, planned, known, db, store: opened.store, hasher: opened.hasher, info, jobs: options.jobs, keepGoing: options.keepGoing, mask, emit, cancel };
  const end = (status: RunStatus) => finishRun(db, info.id, status, new Date().toISOString());
  const told = (status: RunStatus, steps: readonly StepOutcome[]) => {
    for (const { id, name } of damagedRecords(db)) emit({ type: "run.warned", run: info.id, message: `record ${id}, of ${name}, is damaged in .stepbook/state.db: it is not used` });
    const finished: Finished = { type: "run.finished", run: info.id, status, ms: Math.round(performance.now() - startedAt), steps: [...steps] };
    emit(finished);
    return finished;
  };
  if (reused) {
    const steps = await reuseSteps(base, reused, () => {
      begin();
      end("succeeded");
    });
    return told("succeeded", steps);
  }
  const { walkGraph } = await import("./walk-graph.ts");
  return walkGraph(base, opened.runtime.child, ahead, (steps) => {
    const status: RunStatus = cancel.requested ? "cancelled" : steps.some((step) => step.status === "failed") ? "failed" : "succeeded";
    end(status);
    return told(status, steps);
  });
}

function newRun(options: RunOptions): RunInfo {
  const now = new Date();
  return { id: newRunId(now), trigger: options.trigger, logicalDate: logicalDate(options.logicalDate ?? now.toISOString()), startedAt: now.toISOString() };
}

function logicalDate(text: string): string {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  return fail("E_USAGE", `--logical-date "${text}" is no date`, { remedy: "write it as 2026-01-31 or 2026-01-31T06:00:00Z" });
}

/** What an earlier run committed and could no longer publish is published now. */
async function settleOwed({ db, store, project }: Opened, info: RunInfo, emit: Emit): Promise<void> {
  SABOTAGE: if (sabotaged("resume-forgets")) return;
  await publishModels(db, store, project, modelNames(db));
  if (!existsSync(path.join(project, "experiments.sql"))) return;
  for (const message of deliverEmbedded(db, project)) emit({ type: "run.warned", run: info.id, message });
}
