import { bootId, identify } from "./processes.ts";
import { type LockOwner, ownerLives } from "./lock.ts";
import type { Db } from "./state.ts";

/**
 * The ledger of slots: one row each, and each ends once, as succeeded, failed, skipped or missed. `due` and `running`
 * are on the way there.
 */
export interface SlotRow {
  readonly schedule: string;
  /** ISO 8601, UTC. */
  readonly slot: string;
  readonly status: "due" | "running" | "succeeded" | "failed" | "skipped" | "missed";
  readonly reason: string | null;
  readonly trigger: "cron" | "backfill";
  readonly attempts: number;
  readonly failures: number;
  /** ms; an attempt after a failure is not made before. */
  readonly notBefore: number;
  readonly run: string | null;
  readonly updatedAt: string;
}

/** A process that works on the ledger, and how it tells whether others live: the real ones, or those of a model. */
export interface Worker {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
  lives(owner: LockOwner): boolean;
}

/** This process. */
export function thisWorker(): Worker {
  return { pid: process.pid, started: identify(process.pid)?.started ?? "", boot: bootId(), lives: ownerLives };
}

export const slotColumns =
  'schedule, slot, status, reason, "trigger", attempts, failures, not_before AS notBefore, run, updated_at AS updatedAt';
const ended = "status IN ('succeeded', 'failed', 'skipped', 'missed')";
const now = () => new Date().toISOString();

/** Up to which instant the slots of a schedule are in the ledger; undefined: it is new. */
export function seenUntil(db: Db, schedule: string): number | undefined {
  return db.prepare("SELECT seen FROM schedules WHERE name = ?").pluck().get(schedule) as number | undefined;
}

// Under another clock rule than before nothing was due until now.
const moved =
  "seen = CASE WHEN definition ->> 'cron' IS excluded.definition ->> 'cron' AND definition ->> 'timezone' IS excluded.definition ->> 'timezone' THEN seen ELSE max(seen, excluded.seen) END";

export function noteSchedule(db: Db, name: string, definition: object, seen: number): void {
  db.prepare(
    "INSERT INTO schedules (name, definition, seen) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET definition = excluded.definition, " + moved,
  ).run(name, JSON.stringify(definition), seen);
}

/** A schedule as schedule.ts has it. */
export interface ScheduleRow {
  readonly name: string;
  readonly definition: string;
  /** Since when it rests, in ms. */
  readonly paused: number | null;
}

export function scheduleDefinitions(db: Db): ScheduleRow[] {
  return db
    .prepare("SELECT name, definition, paused FROM schedules WHERE definition ->> 'gone' IS NULL ORDER BY name")
    .all() as ScheduleRow[];
}

export function pausedSince(db: Db, schedule: string): number | null {
  return (db.prepare("SELECT paused FROM schedules WHERE name = ?").pluck().get(schedule) as number | null | undefined) ?? null;
}

export function setPaused(db: Db, schedule: string, at: number | null): void {
  db.prepare("UPDATE schedules SET paused = ? WHERE name = ?").run(at, schedule);
}

/** Enters slots and moves `seen`, in one transaction: a crash before it enters them later, one after it never again. */
export function enter(
  db: Db,
  schedule: string,
  slots: readonly { slot: number; status: string; reason: string | null }[],
  seen: number,
): void {
  const insert = db.prepare(
    "INSERT OR IGNORE INTO slots (schedule, slot, status, reason, \"trigger\", updated_at) VALUES (?, ?, ?, ?, 'cron', ?)",
  );
  db.transaction(() => {
    for (const { slot, status, reason } of slots) insert.run(schedule, new Date(slot).toISOString(), status, reason, now());
    db.prepare("UPDATE schedules SET seen = ? WHERE name = ? AND seen < ?").run(seen, schedule, seen);
  }).immediate();
}

/** Without slots of a backfill, which must not cost one of the clock: that waits for the folder's lock. */
export function backlogOf(db: Db, schedule: string): { running: boolean; due: boolean } {
  const has = (status: "running" | "due") =>
    db.prepare(`SELECT 1 FROM slots WHERE schedule = ? AND status = '${status}' AND "trigger" = 'cron' LIMIT 1`).get(schedule) !==
    undefined;
  return { running: has("running"), due: has("due") };
}

/** Takes a slot to run it; false where somebody else has. */
export function claim(db: Db, { schedule, slot }: Pick<SlotRow, "schedule" | "slot">, { pid, started, boot } = thisWorker()): boolean {
  return (
    db
      .prepare(
        "UPDATE slots SET status = 'running', attempts = attempts + 1, run = NULL, pid = ?, started = ?, boot = ?, updated_at = ? WHERE schedule = ? AND slot = ? AND status = 'due'",
      )
      .run(pid, started, boot, now(), schedule, slot).changes === 1
  );
}

/** Enters a past slot for a backfill and claims it; one that has succeeded, or is on its way, is left alone. */
export function claimPast(db: Db, schedule: string, slot: string): boolean {
  return db
    .transaction(() => {
      const insert = "INSERT INTO slots (schedule, slot, status, \"trigger\", updated_at) VALUES (?, ?, 'due', 'backfill', ?)";
      const revive = `ON CONFLICT DO UPDATE SET status = 'due', "trigger" = 'backfill', reason = NULL, failures = 0, interruptions = 0 WHERE ${ended} AND status <> 'succeeded'`;
      return db.prepare(`${insert} ${revive}`).run(schedule, slot, now()).changes === 1 && claim(db, { schedule, slot });
    })
    .immediate();
}

export function noteRun(db: Db, { schedule, slot }: Pick<SlotRow, "schedule" | "slot">, run: string): void {
  db.prepare("UPDATE slots SET run = ? WHERE schedule = ? AND slot = ?").run(run, schedule, slot);
}

/** Ends a running slot. */
export function endSlot(
  db: Db,
  { schedule, slot }: Pick<SlotRow, "schedule" | "slot">,
  status: "succeeded" | "failed" | "missed",
  reason: string | null,
): void {
  db.prepare("UPDATE slots SET status = ?, reason = ?, updated_at = ? WHERE schedule = ? AND slot = ? AND status = 'running'").run(
    status,
    reason,
    now(),
    schedule,
    slot,
  );
}

/** A running slot is due again: after a failure, not at once; after a stop of the scheduler, when the next one is there. */
export function dueAgain(db: Db, { schedule, slot }: Pick<SlotRow, "schedule" | "slot">, failed: boolean, notBefore: number): void {
  db.prepare(
    "UPDATE slots SET status = 'due', failures = failures + ?, not_before = ?, updated_at = ? WHERE schedule = ? AND slot = ? AND status = 'running'",
  ).run(Number(failed), notBefore, now(), schedule, slot);
}

/** Slots of schedules that are no longer there cannot run, nor is anything told of these schedules; how far they were seen is kept, for when they come back. */
export function dropUnknown(db: Db, names: readonly string[]): void {
  const known = JSON.stringify(names);
  db.prepare(
    "UPDATE slots SET status = 'missed', reason = 'its schedule is no longer in schedule.ts', updated_at = ? WHERE status = 'due' AND schedule NOT IN (SELECT value FROM json_each(?))",
  ).run(now(), known);
  db.prepare(
    "UPDATE schedules SET definition = json_set(definition, '$.gone', json('true')) WHERE name NOT IN (SELECT value FROM json_each(?))",
  ).run(known);
}

/** The oldest slot of each schedule that may run now, the oldest first; nothing of a schedule that rests. */
export function nextDue(db: Db, at: number): SlotRow[] {
  // Of an aggregate min() SQLite gives the other columns of that row. A catch-up may have made thousands due: they stay in there.
  const all = `SELECT ${slotColumns}, min(slot) AS oldest FROM slots WHERE status = 'due' AND not_before <= ? AND schedule NOT IN (SELECT name FROM schedules WHERE paused IS NOT NULL) GROUP BY schedule`;
  return db.prepare(`SELECT * FROM (${all}) ORDER BY slot, schedule`).all(at) as SlotRow[];
}

export function slotOf(db: Db, schedule: string, slot: string): SlotRow | undefined {
  return db.prepare(`SELECT ${slotColumns} FROM slots WHERE schedule = ? AND slot = ?`).get(schedule, slot) as SlotRow | undefined;
}

export function listSlots(db: Db, limit: number): SlotRow[] {
  return db.prepare(`SELECT ${slotColumns} FROM slots ORDER BY slot DESC, schedule LIMIT ?`).all(limit) as SlotRow[];
}

/** One page of the ledger, newest first; of one schedule where it is named. */
export function pageOfSlots(db: Db, schedule: string | null, offset: number, limit: number): { total: number; slots: SlotRow[] } {
  const of = "FROM slots WHERE @schedule IS NULL OR schedule = @schedule";
  const total = db.prepare(`SELECT count(*) ${of}`).pluck().get({ schedule }) as number;
  const slots = db
    .prepare(`SELECT ${slotColumns} ${of} ORDER BY slot DESC, schedule LIMIT @limit OFFSET @offset`)
    .all({ schedule, limit, offset }) as SlotRow[];
  return { total, slots };
}
