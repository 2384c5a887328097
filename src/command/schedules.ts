import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type ScheduleRow, scheduleDefinitions } from "../record/slots.ts";
import type { Db } from "../record/state.ts";
import { readSchedule, type Schedule, type ScheduleDefinition } from "../schedule/define.ts";

export interface KnownSchedule {
  readonly schedule: Schedule;
  /** Since when it rests, in ms. */
  readonly paused: number | null;
}

export function knownSchedules(db: Db): KnownSchedule[] {
  return scheduleDefinitions(db).map(known);
}

/** As schedule.ts had it when it last ran: its functions are of no use here. @param flag by which one is named */
export function findSchedule(db: Db, wanted: string | undefined, flag = "--schedule "): KnownSchedule {
  const all = scheduleDefinitions(db);
  const names = all.map(({ name }) => name);
  if (all.length === 0)
    fail("E_NOT_FOUND", "no schedule is known yet", { remedy: "run `npx tsx schedule.ts --once` first: it notes what schedule.ts says" });
  if (wanted === undefined && all.length > 1)
    fail("E_USAGE", "there are several schedules", { remedy: `name one: ${names.map((name) => flag + name).join(", ")}` });
  const found = all.find(({ name }) => name === (wanted ?? names[0]));
  if (!found) return fail("E_NOT_FOUND", `there is no schedule "${wanted}"`, { remedy: nearest(wanted!, names) });
  return known(found);
}

function known(row: ScheduleRow): KnownSchedule {
  const { retryDelay, deadline, ...rest } = JSON.parse(row.definition) as ScheduleDefinition & { deadline?: number | null };
  const schedule = readSchedule(row.name, {
    ...rest,
    ...(retryDelay === undefined ? {} : { retryDelay }),
    ...(deadline == null ? {} : { deadline }),
  });
  return { schedule, paused: row.paused };
}
