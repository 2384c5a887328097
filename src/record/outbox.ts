import { toJson } from "../json.ts";
import type { Artifact } from "../model.ts";
import { type Db, parseKept, prepared } from "./state.ts";

/** A row of a results table, or a whole table, on its way to Postgres. */
export interface Waiting {
  readonly id: number;
  readonly table: string;
  /** Grows with each row put in, also when the state is deleted and begun anew. */
  readonly version: number;
  readonly body: string;
}

interface MirroredTable {
  readonly table: string;
  readonly artifact: Artifact;
}

/** Who puts something into the outbox. */
interface Source {
  readonly run: string;
  readonly step: string;
}

/** After this many refusals a row is parked: it is shown, and the others pass. */
const mostRefusals = 3;

const newestIds = "SELECT max(id) FROM outbox WHERE kind = 'table' GROUP BY table_name";

export function putRow(db: Db, source: Source, table: string, row: Readonly<Record<string, unknown>>): void {
  put(db, source, "row", table, toJson(row));
}

/** Puts a table in where it is not the newest of its name already, so that what is reused is sent once. */
export function putTable(db: Db, source: Source, table: string, artifact: Artifact): void {
  const newest = newestTables(db).find((each) => each.table === table);
  if (newest?.artifact.digest !== artifact.digest) put(db, source, "table", table, JSON.stringify(artifact));
}

function put(db: Db, { run, step }: Source, kind: "row" | "table", table: string, body: string): void {
  const grown = "max(?, 1 + coalesce((SELECT version FROM outbox ORDER BY id DESC LIMIT 1), 0))";
  prepared(db, `INSERT INTO outbox (run, step, kind, table_name, version, body) VALUES (?, ?, ?, ?, ${grown}, ?)`).run(
    run,
    step,
    kind,
    table,
    Date.now(),
    body,
  );
}

/** How many rows the run has recorded into the table so far. */
export function countRecorded(db: Db, run: string, table: string): number {
  return prepared(db, "SELECT count(*) FROM outbox WHERE run = ? AND table_name = ?").pluck().get(run, table) as number;
}

/** The newest of each mirrored table. */
export function newestTables(db: Db): MirroredTable[] {
  const rows = db.prepare(`SELECT table_name AS name, body FROM outbox WHERE id IN (${newestIds})`).all();
  return (rows as { name: string; body: string }[]).map(({ name, body }) => ({ table: name, artifact: parseKept<Artifact>(body) }));
}

/** The rows to be sent next, oldest first; parked ones are left out. */
export function waitingRows(db: Db, after: number, limit: number): Waiting[] {
  const rows = db.prepare(
    `SELECT id, table_name, version, body FROM outbox WHERE mirrored = 0 AND refusals < ${mostRefusals} AND kind = 'row' AND id > ? ORDER BY id LIMIT ?`,
  );
  // Raw: there may be a hundred thousand, and better-sqlite3 takes twice as long for objects.
  return (rows.raw().all(after, limit) as [number, string, number, string][]).map(([id, table, version, body]) => ({
    id,
    table,
    version,
    body,
  }));
}

/** The newest of each mirrored table, where that waits: older ones are of no use to anybody. */
export function waitingTables(db: Db): Waiting[] {
  const rows = db.prepare(
    `SELECT id, table_name AS "table", version, body FROM outbox WHERE mirrored = 0 AND refusals < ${mostRefusals}
     AND id IN (${newestIds}) ORDER BY id`,
  );
  return rows.all() as Waiting[];
}

/** This one has been sent; so all before it need not be. */
export function markTableMirrored(db: Db, { id, table }: Waiting): void {
  db.prepare("UPDATE outbox SET mirrored = 1, refusals = 0, refused = NULL WHERE kind = 'table' AND table_name = ? AND id <= ?").run(
    table,
    id,
  );
}

export function markMirrored(db: Db, ids: readonly number[]): void {
  db.prepare("UPDATE outbox SET mirrored = 1, refusals = 0, refused = NULL WHERE id IN (SELECT value FROM json_each(?))").run(
    JSON.stringify(ids),
  );
}

/** @returns whether the row is parked now */
export function markRefused(db: Db, id: number, reason: string): boolean {
  const refusals = db
    .prepare("UPDATE outbox SET refusals = refusals + 1, refused = ? WHERE id = ? RETURNING refusals")
    .pluck()
    .get(reason, id);
  return (refusals as number) >= mostRefusals;
}

/** All that was ever put in is to be sent again, what was parked included: for a database that was restored or emptied. */
export function sendAgain(db: Db): number {
  return db.prepare("UPDATE outbox SET mirrored = 0, refusals = 0, refused = NULL").run().changes;
}

interface Parked {
  readonly id: number;
  readonly run: string;
  readonly step: string;
  readonly table: string;
  readonly reason: string;
}

export interface MirrorState {
  readonly sent: number;
  readonly waiting: number;
  /** ISO 8601: when the oldest of what waits was put in. */
  readonly waitingSince: string | null;
  readonly parked: readonly Parked[];
}

export function mirrorState(db: Db): MirrorState {
  const sent = db.prepare("SELECT count(*) FROM outbox WHERE mirrored = 1").pluck().get() as number;
  const { count, since } = db
    .prepare(
      `SELECT count(*) AS count, min(version) AS since FROM outbox WHERE mirrored = 0 AND refusals < ${mostRefusals} AND (kind = 'row' OR id IN (${newestIds}))`,
    )
    .get() as { count: number; since: number | null };
  const parked = db
    .prepare(
      `SELECT id, run, step, table_name AS "table", refused AS reason FROM outbox WHERE mirrored = 0 AND refusals >= ${mostRefusals} ORDER BY id`,
    )
    .all() as Parked[];
  return { sent, waiting: count, waitingSince: since === null ? null : new Date(since).toISOString(), parked };
}
