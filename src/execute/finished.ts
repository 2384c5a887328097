import type { Emit, Event, StepOutcome } from "../events.ts";
import type { RunStatus, StepId } from "../model.ts";
import { now } from "../pace.ts";
import { unchanged } from "../plan/reasons.ts";
import type { KeptRecord } from "../record/records.ts";
import { damagedRecords } from "../record/seal.ts";
import type { Db } from "../record/state.ts";

export type Finished = Extract<Event, { type: "run.finished" }>;

/** The last words of a run. @param startedAt of `now()` */
export function tellFinished(
  db: Db,
  run: string,
  status: RunStatus,
  startedAt: number,
  steps: readonly StepOutcome[],
  emit: Emit,
): Finished {
  for (const { id, name } of damagedRecords(db))
    emit({ type: "run.warned", run, message: `record ${id}, of ${name}, is damaged in .stepbook/state.db: it is not used` });
  const finished: Finished = { type: "run.finished", run, status, ms: Math.round(now() - startedAt), steps: [...steps] };
  emit(finished);
  return finished;
}

/** @returns what became of the steps */
export function tellReused(
  run: string,
  reused: readonly { readonly step: StepId; readonly record: Pick<KeptRecord, "run" | "ms"> }[],
  emit: Emit,
): StepOutcome[] {
  for (const { step, record } of reused) emit({ type: "step.reused", run, step, reason: unchanged, from: record.run, ms: record.ms });
  return reused.map(({ step }) => ({ step, status: "cached", reason: unchanged.text, ms: 0, attempts: 0 }));
}
