import { exitCodes } from "../errors.ts";
import type { Cancellation } from "../execute/cancel.ts";
import type { Emit } from "../events.ts";
import { recoverBackfills } from "../record/recover-slots.ts";
import { claimPast, endSlot, noteRun, type SlotRow, slotOf } from "../record/slots.ts";
import type { Db } from "../record/state.ts";
import { makeReport } from "../report/make.ts";
import { attemptSlot } from "../schedule/attempt.ts";
import type { Schedule } from "../schedule/define.ts";
import { type Range, readRange } from "../schedule/range.ts";
import { slotsBetween } from "../schedule/slots.ts";
import { cancellable } from "./cancellable.ts";
import { type Io, print, printJson, printTable, wholeNumber } from "./io.ts";
import { withKept } from "./opened.ts";
import { findSchedule } from "./schedules.ts";

interface BackfillFlags {
  readonly from: string;
  readonly to: string;
  readonly schedule?: string;
  readonly dryRun?: boolean;
  readonly jobs?: string;
}

/** `backfill`: runs past slots of a schedule, oldest first, one after the other; those that succeeded are left alone. */
export async function backfill(io: Io, flags: BackfillFlags): Promise<number> {
  const jobs = flags.jobs === undefined ? undefined : wholeNumber("--jobs", flags.jobs);
  return cancellable((cancellation) =>
    withKept(io, async ({ db, project }) => {
      const { schedule } = findSchedule(db, flags.schedule);
      const all = pastSlots(schedule, readRange(schedule, flags.from, flags.to));
      const rows = previewSlots(db, schedule, all);
      if (flags.dryRun) return preview(io, rows);
      if (!io.json && !rows.some(({ would }) => would === "run")) {
        print(
          io,
          rows.length === 0 ? "no slots in that time" : "nothing to run: all slots in that time have succeeded or are on their way",
        );
        return exitCodes.done;
      }
      const report = makeReport(io);
      try {
        return await runSlots(db, project, schedule, all, jobs, (event) => report.event(event), cancellation);
      } finally {
        report.close();
      }
    }),
  );
}

/** The slots of a time, as far as it has passed, oldest first; of more than `most` the newest. */
export function pastSlots(schedule: Schedule, { from, to }: Range, most = Infinity): string[] {
  return slotsBetween(schedule.cron, schedule.zone, from - 1, Math.min(Date.now(), to), most).map((slot) => new Date(slot).toISOString());
}

/** Runs these slots, also for the page of the schedule. @returns the exit code */
export async function runSlots(
  db: Db,
  project: string,
  schedule: Schedule,
  slots: readonly string[],
  jobs: number | undefined,
  emit: Emit,
  cancellation: Cancellation,
): Promise<number> {
  let failed = false;
  recoverBackfills(db);
  for (const slot of slots) {
    const at = { schedule: schedule.name, slot };
    if (cancellation.requested) break;
    if (!claimPast(db, schedule.name, slot)) continue;
    const listen: Emit = (event) => {
      if (event.type === "run.started") noteRun(db, at, event.run);
      emit(event);
    };
    const { status, reason } = await attemptSlot(
      schedule,
      { project, slot, trigger: "backfill", ...(jobs === undefined ? {} : { jobs }) },
      listen,
      cancellation,
    );
    endSlot(db, at, status === "cancelled" ? "missed" : status, status === "cancelled" ? "its backfill was interrupted" : reason);
    failed ||= status === "failed";
  }
  return failed ? exitCodes.stepFailed : exitCodes.done;
}

export interface SlotPreview {
  readonly schedule: string;
  readonly slot: string;
  /** What became of it so far. */
  readonly status: SlotRow["status"] | null;
  readonly would: "run" | "stay";
}

export function previewSlots(db: Db, schedule: Schedule, slots: readonly string[]): SlotPreview[] {
  recoverBackfills(db);
  return slots.map((slot) => {
    const status = slotOf(db, schedule.name, slot)?.status ?? null;
    return {
      schedule: schedule.name,
      slot,
      status,
      would: status === "succeeded" || status === "running" || status === "due" ? "stay" : "run",
    };
  });
}

function preview(io: Io, rows: readonly SlotPreview[]): number {
  if (io.json) for (const row of rows) printJson(io, row);
  else if (rows.length === 0) print(io, "no slots in that time");
  else
    printTable(
      io,
      ["slot", "schedule", "so far", "would"],
      rows.map(({ slot, schedule: name, status, would }) => [slot, name, status ?? "", would]),
    );
  return exitCodes.done;
}
