import { exitCodes, fail } from "../errors.ts";
import type { Cancellation } from "../execute/cancel.ts";
import { nearest } from "../nearest.ts";
import { claimPast, endSlot, noteRun, scheduleDefinitions, slotOf } from "../record/slots.ts";
import type { Db } from "../record/state.ts";
import { makeReport, type Report } from "../report/report.ts";
import { attemptSlot } from "../schedule/attempt.ts";
import { readSchedule, type Schedule, type ScheduleDefinition } from "../schedule/define.ts";
import { slotsBetween } from "../schedule/slots.ts";
import { cancellable } from "./cancellable.ts";
import { type Io, print, printJson, printTable, wholeNumber } from "./io.ts";
import { withKept } from "./opened.ts";

export interface BackfillFlags {
  readonly from: string;
  readonly to: string;
  readonly schedule?: string;
  readonly dryRun?: boolean;
  readonly jobs?: string;
}

/** `backfill`: runs past slots of a schedule, oldest first, one after the other; those that succeeded are left alone. */
export async function backfill(io: Io, flags: BackfillFlags): Promise<number> {
  const [from, to] = [instant("--from", flags.from), Math.min(Date.now(), instant("--to", flags.to))];
  const jobs = flags.jobs === undefined ? undefined : wholeNumber("--jobs", flags.jobs);
  return cancellable((cancellation) =>
    withKept(io, async ({ db, project }) => {
      const schedule = findSchedule(db, flags.schedule);
      const all = slotsBetween(schedule.cron, schedule.zone, from - 1, to).map((slot) => new Date(slot).toISOString());
      if (flags.dryRun) return preview(io, db, schedule, all);
      const report = makeReport(io);
      try {
        return await runAll(db, project, schedule, all, jobs, report, cancellation);
      } finally {
        report.close();
      }
    }),
  );
}

async function runAll(db: Db, project: string, schedule: Schedule, slots: readonly string[], jobs: number | undefined, report: Report, cancellation: Cancellation): Promise<number> {
  let failed = false;
  for (const slot of slots) {
    const at = { schedule: schedule.name, slot };
    if (cancellation.requested) break;
    if (!claimPast(db, schedule.name, slot)) continue;
    const listen: Report["event"] = (event) => {
      if (event.type === "run.started") noteRun(db, at, event.run);
      report.event(event);
    };
    const { status, reason } = await attemptSlot(schedule, { project, slot, trigger: "backfill", ...(jobs === undefined ? {} : { jobs }) }, listen, cancellation);
    endSlot(db, at, status === "cancelled" ? "missed" : status, status === "cancelled" ? "its backfill was interrupted" : reason);
    failed ||= status === "failed";
  }
  return failed ? exitCodes.stepFailed : exitCodes.done;
}

function preview(io: Io, db: Db, schedule: Schedule, slots: readonly string[]): number {
  const rows = slots.map((slot) => {
    const status = slotOf(db, schedule.name, slot)?.status ?? null;
    return { schedule: schedule.name, slot, status, would: status === "succeeded" || status === "running" || status === "due" ? "stay" : "run" };
  });
  if (io.json) for (const row of rows) printJson(io, row);
  else if (rows.length === 0) print(io, "no slots in that time");
  else printTable(io, ["slot", "schedule", "so far", "would"], rows.map(({ slot, schedule: name, status, would }) => [slot, name, status ?? "", would]));
  return exitCodes.done;
}

/** As schedule.ts had it when it last ran: its functions are of no use here. */
function findSchedule(db: Db, wanted: string | undefined): Schedule {
  const all = scheduleDefinitions(db);
  const names = all.map(({ name }) => name);
  if (all.length === 0) fail("E_NOT_FOUND", "no schedule is known yet", { remedy: "run `npx tsx schedule.ts --once` first: it notes what schedule.ts says" });
  if (wanted === undefined && all.length > 1) fail("E_USAGE", "there are several schedules", { remedy: `name one: --schedule ${names.join(", --schedule ")}` });
  const found = all.find(({ name }) => name === (wanted ?? names[0]));
  if (!found) return fail("E_NOT_FOUND", `there is no schedule "${wanted}"`, { remedy: nearest(wanted!, names) });
  const { retryDelay, deadline, ...rest } = JSON.parse(found.definition) as ScheduleDefinition & { deadline?: number | null };
  return readSchedule(found.name, { ...rest, ...(retryDelay === undefined ? {} : { retryDelay }), ...(deadline == null ? {} : { deadline }) });
}

function instant(flag: string, text: string): number {
  const at = Date.parse(text);
  return Number.isNaN(at) ? fail("E_USAGE", `${flag} ${text} is no date`, { remedy: "write it as 2026-01-31 or 2026-01-31T06:00:00Z" }) : at;
}
