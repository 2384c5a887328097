import type { Database } from "better-sqlite3";
import type { Digest } from "../model.ts";
import { sabotaged } from "../sabotage.ts";
import { digestOf } from "../store/digest.ts";

/** A record's row: what decides on reuse, and the digest under which that was written. SQLite itself does not see a flipped byte in it. */
export interface SealedRow {
  readonly id: number;
  readonly run: string;
  readonly step: string;
  readonly name: string;
  readonly fingerprint: Digest;
  readonly body: string;
  readonly seal: Digest | null;
}

export const sealedColumns = "records.id, records.run, records.step, records.name, records.fingerprint, records.body, records.seal";

export function sealOf(run: string, step: string, name: string, fingerprint: Digest, body: string): Digest {
  return digestOf(JSON.stringify([run, step, name, fingerprint, body]));
}

/** Rows that were found damaged by this process. */
const damaged = new WeakMap<Database, Map<number, Damaged>>();

export interface Damaged {
  readonly id: number;
  readonly name: string;
}

/** Whether the row is as it was written; one that is not is not a record, and is remembered. */
export function isSound(db: Database, row: SealedRow): boolean {
  SABOTAGE: if (sabotaged("no-record-check")) return true;
  if (row.seal === sealOf(row.run, row.step, row.name, row.fingerprint, row.body)) return true;
  const found = damaged.get(db) ?? new Map<number, Damaged>();
  damaged.set(db, found.set(row.id, { id: row.id, name: row.name }));
  return false;
}

export function damagedRecords(db: Database): Damaged[] {
  return [...(damaged.get(db)?.values() ?? [])];
}
