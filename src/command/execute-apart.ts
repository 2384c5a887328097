import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { Opened } from "../engine.ts";
import { StepbookError } from "../errors.ts";
import { attempt } from "../execute/attempt.ts";
import { writeBundle } from "../execute/bundles.ts";
import type { Cancellation } from "../execute/cancel.ts";
import { filed } from "../execute/filed.ts";
import { StepLog } from "../execute/logs.ts";
import { Notes } from "../execute/notes.ts";
import { maskFor } from "../execute/mask-for.ts";
import { ProcessPool } from "../execute/pool.ts";
import type { Outputs } from "../execute/protocol.ts";
import { makeJob } from "../execute/job.ts";
import { logFolder } from "../execute/started.ts";
import type { Artifact, RunInfo, Step, StepId } from "../model.ts";
import type { Knowledge } from "../plan/decide.ts";
import { stagingFolder } from "../record/recover.ts";

/** What a step is executed on once more. */
interface Again {
  readonly step: Step;
  readonly known: Knowledge;
  /** The run that the step is to believe itself in. */
  readonly info: RunInfo;
  readonly artifacts: ReadonlyMap<StepId, Readonly<Record<string, Artifact>>>;
}

/**
 * Executes a step in a folder of its own, commits nothing and does none of its effects.
 * @param work looks at what it left, while that is there
 * @throws what the step fails with
 */
export async function executeApart<T>(
  opened: Opened,
  again: Again,
  cancel: Cancellation,
  work: (left: Outputs, notes: Notes) => Promise<T>,
): Promise<T | undefined> {
  const { project, graph, store } = opened;
  const { step, known, info, artifacts } = again;
  const apart = `verify-${process.pid}`;
  const staging = path.join(stagingFolder(project, apart), step.id);
  const pool = new ProcessPool(opened.runtime.child, project);
  const log = new StepLog(project, apart, step.id, 1, maskFor(graph));
  try {
    mkdirSync(staging, { recursive: true });
    const job = makeJob({ graph, info, known, store }, step, artifacts, writeBundle(project, step), staging);
    const notes = new Notes();
    // The run that it believes itself in has a folder too: that one is left alone.
    const outcome = await attempt(
      step,
      { ...job, kept: logFolder(project, apart) },
      { pool, log, emit: () => {}, cancel, notes },
      async (left) => filed(left, staging),
    );
    if (outcome.kind === "cancelled") return undefined;
    if (outcome.kind === "failed") throw new StepbookError(outcome.failure);
    if (outcome.kind === "skipped")
      throw new StepbookError({ code: "E_STEP_THREW", message: `${step.id} skipped itself: ${outcome.reason}`, step: step.id });
    return await work(outcome.taken, notes);
  } finally {
    pool.close();
    await log.close();
    rmSync(stagingFolder(project, apart), { recursive: true, force: true });
    rmSync(logFolder(project, apart), { recursive: true, force: true });
  }
}
