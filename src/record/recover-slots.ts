import type { LockOwner } from "./lock.ts";
import { dueAgain, endSlot, slotColumns, type SlotRow, thisWorker, type Worker } from "./slots.ts";
import type { Db } from "./state.ts";

/** After so many the slot has failed: it may be its run that takes the scheduler with it. */
const mostInterruptions = 3;

/** A running slot, by whom it is run, and how often such a process died before. */
type RunningRow = SlotRow & LockOwner & { readonly interruptions: number };

/**
 * Puts in order what a process that died left running: a run that had ended counts, whatever else it could not say any
 * more; any other is due again, a few times, or, of a backfill, missed.
 * @returns those that have failed by that, with the reason
 */
export function recoverSlots(db: Db, worker = thisWorker()): SlotRow[] {
  return recover(db, worker, () => true);
}

/** Before a backfill, which would leave out what another one left running. Slots of the clock are for their scheduler. */
export function recoverBackfills(db: Db): void {
  recover(db, thisWorker(), ({ trigger }) => trigger === "backfill");
}

function recover(db: Db, { lives }: Worker, meant: (row: SlotRow) => boolean): SlotRow[] {
  const running = () =>
    db.prepare(`SELECT ${slotColumns}, interruptions, pid, started, boot FROM slots WHERE status = 'running'`).all() as RunningRow[];
  const dead = () => running().filter((row) => meant(row) && !lives(row));
  if (dead().length === 0) return [];
  // Read again under the write lock: another process may have recovered one meanwhile, and claimed it.
  return db.transaction(() => dead().flatMap((row) => recoverSlot(db, row))).immediate();
}

function recoverSlot(db: Db, row: RunningRow): SlotRow[] {
  const status = db.prepare("SELECT status FROM runs WHERE id = ?").pluck().get(row.run) as string | undefined;
  if (status === "succeeded") endSlot(db, row, "succeeded", null);
  else if (row.trigger === "backfill") endSlot(db, row, "missed", "its backfill was interrupted");
  else return interrupted(db, row);
  return [];
}

function interrupted(db: Db, row: RunningRow): SlotRow[] {
  db.prepare("UPDATE slots SET interruptions = interruptions + 1 WHERE schedule = ? AND slot = ?").run(row.schedule, row.slot);
  if (row.interruptions + 1 < mostInterruptions) {
    dueAgain(db, row, false, 0);
    return [];
  }
  const reason = `its run was interrupted ${mostInterruptions} times`;
  endSlot(db, row, "failed", reason);
  return [{ ...row, status: "failed", reason }];
}
