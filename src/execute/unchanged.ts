import { existsSync } from "node:fs";
import path from "node:path";
import type { RunOptions } from "../config.ts";
import type { Emit } from "../events.ts";
import { keyOf } from "../graph/kept.ts";
import type { RunInfo } from "../model.ts";
import { openKept, worldOf } from "../open-kept.ts";
import { now } from "../pace.ts";
import { isUnmoved } from "../plan/ground.ts";
import { type KeptPlan, looksHold, planFormat, type PlanOnDisk, readPlan, recordsHold } from "../plan/kept-plan.ts";
import { engineAt, keptPlace, placeOf } from "../plan/place.ts";
import { PackageHasher } from "../plan/packages.ts";
import { unchanged } from "../plan/reasons.ts";
import type { DigestCache } from "../store/files.ts";
import { lockOwner } from "../record/lock.ts";
import { hasOpenRun } from "../record/recover.ts";
import { finishRun, insertRun, putReusedSteps } from "../record/runs.ts";
import { type Db, unsynced } from "../record/state.ts";
import type { Cancellation } from "./cancel.ts";
import { type Finished, tellFinished, tellReused } from "./finished.ts";
import { maskOf } from "./mask-for.ts";
import { newRun } from "./new-run.ts";
import { findRuntime, type Runtime } from "./runtime.ts";

/**
 * A run in which the kept plan holds as it is: all steps are reused, without a look at any of them.
 * @returns undefined where the plan may have changed, or where there is more to do than that; nothing was told then
 */
export async function runUnchanged(options: RunOptions, emit: Emit, cancel: Cancellation): Promise<Finished | undefined> {
  const { project } = options;
  if (!mayStand(options) || owes(project)) return undefined;
  const startedAt = now();
  const kept = readPlan(project);
  // A place that has to be asked for anew is kept with the next plan: asking takes longer than all else here.
  const place = kept && (kept.plan.place ? keptPlace(kept.plan.place) : placeOf(keepsNothing));
  if (!kept || place === undefined || kept.plan.key !== keyOfPlan(project, await findRuntime(), place)) return undefined;
  if (!(await isUnmoved(kept.plan.sources))) {
    (await import("../graph/esbuild-ahead.ts")).startEsbuild();
    return undefined;
  }
  const opened = openKept(project);
  try {
    const info = newRun(options);
    if (
      !(await looksHold(
        kept,
        () => worldOf(opened, {}, info),
        () => new PackageHasher(project, opened.digests),
      ))
    )
      return undefined;
    if (cancel.requested || !putRun(opened.db, kept, info)) return undefined;
    return tellRun(opened.db, kept.plan, info, startedAt, emit);
  } finally {
    opened.digests.flush();
    opened.db.close();
  }
}

const keepsNothing: DigestCache = { get: () => undefined, set: () => {} };

/** Whether a run is asked for that a kept plan may answer: of all steps, with nothing given and nothing forced. */
export function mayStand({ steps, from, params, force }: RunOptions): boolean {
  return !force && steps.length === 0 && from.length === 0 && Object.keys(params).length === 0;
}

/** Whether a run may have to deliver what an earlier one recorded. */
export function owes(project: string): boolean {
  return existsSync(path.join(project, "experiments.sql"));
}

/** What a plan depends on beside what it looked at: who reads the graph, who decides, and where. */
export function keyOfPlan(project: string, runtime: Runtime, place: string): string {
  return JSON.stringify([planFormat, keyOf(project, runtime.api, runtime.maker), engineAt(project, runtime.engine, place)]);
}

/**
 * One transaction: the database's own lock stands for the project's, since nobody else begins a run or commits a step meanwhile.
 * Without waiting for the disk: of a run in which nothing happened nothing is missed after a power cut.
 * @returns whether that was all there was to do
 */
function putRun(db: Db, kept: PlanOnDisk, info: RunInfo): boolean {
  const put = db.transaction(() => {
    if (lockOwner(db) || hasOpenRun(db) || !recordsHold(kept, db)) return false;
    insertRun(db, info, {});
    putReusedSteps(db, info.id, unchanged.text, kept.plan.steps);
    finishRun(db, info.id, "succeeded", new Date().toISOString());
    return true;
  });
  return unsynced(db, () => put.immediate());
}

function tellRun(db: Db, { steps, secrets }: KeptPlan, info: RunInfo, startedAt: number, tell: Emit): Finished {
  const mask = maskOf(secrets);
  const emit: Emit = (event) => tell(mask.data(event));
  emit({ type: "run.started", run: info.id, at: info.startedAt, info, params: {}, steps: steps.map(({ step }) => step).sort() });
  const outcomes = tellReused(
    info.id,
    steps.map(({ step, run, ms }) => ({ step, record: { run, ms } })),
    emit,
  );
  return tellFinished(db, info.id, "succeeded", startedAt, outcomes, emit);
}
