import { backlogOf, enter, pausedSince, seenUntil } from "../record/slots.ts";
import type { Db } from "../record/state.ts";
import type { Schedule } from "./define.ts";
import { type Entry, enterSlots } from "./enter.ts";
import { slotsBetween } from "./slots.ts";

/** Enters what came due since it was last looked at; slots of a rest as skipped. @returns what was entered */
export function enterDue(db: Db, schedule: Schedule, now: number): Entry[] {
  const slots = slotsBetween(schedule.cron, schedule.zone, seenUntil(db, schedule.name) ?? now, now);
  if (slots.length === 0) return [];
  const paused = pausedSince(db, schedule.name) ?? Infinity;
  const entries = [
    ...enterSlots(
      slots.filter((slot) => slot < paused),
      now,
      schedule,
      backlogOf(db, schedule.name),
    ),
    ...slots.filter((slot) => slot >= paused).map((slot): Entry => ({ slot, status: "skipped", reason: "its schedule was paused" })),
  ];
  enter(db, schedule.name, entries, now);
  return entries;
}
