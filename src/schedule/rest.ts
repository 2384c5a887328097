import { pausedSince, setPaused } from "../record/slots.ts";
import type { Db } from "../record/state.ts";
import type { Schedule } from "./define.ts";
import { enterDue } from "./enter-due.ts";

/** Lets a schedule rest: what runs goes on, what waits waits, new slots are skipped. @returns whether it did not rest before */
export function pause(db: Db, { name }: Schedule, now: number): boolean {
  if (pausedSince(db, name) !== null) return false;
  setPaused(db, name, now);
  return true;
}

/** Ends the rest. Slots that passed in it are entered first: nobody may have been there to see them. */
export function resume(db: Db, schedule: Schedule, now: number): boolean {
  if (pausedSince(db, schedule.name) === null) return false;
  db.transaction(() => {
    enterDue(db, schedule, now);
    setPaused(db, schedule.name, null);
  }).immediate();
  return true;
}
