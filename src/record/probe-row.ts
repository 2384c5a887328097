import Database from "better-sqlite3";
import { fail } from "../errors.ts";
import type { Scalar } from "../model.ts";
import { columnsOf } from "./experiments.ts";
import { insertRow } from "./insert-row.ts";
import type { Db } from "./state.ts";

/**
 * Tries the row on an empty table of the same definition, so that a row which the table refuses
 * fails the step that recorded it.
 * @throws E_EXPERIMENTS_SQL
 */
export function probeRow(ddl: string, table: string, row: Readonly<Record<string, Scalar>>): void {
  try {
    const db = emptyTables(ddl);
    db.exec("BEGIN");
    try {
      insertRow(db, table, row, columnsOf(db, table));
    } finally {
      // A failed insert may have ended it.
      if (db.inTransaction) db.exec("ROLLBACK");
    }
  } catch (error) {
    fail("E_EXPERIMENTS_SQL", `record("${table}", …): ${(error as Error).message}`, {
      place: { file: "experiments.sql" },
      remedy: "give the row what the table demands, or change the table's definition",
    });
  }
}

/** Made once for all rows of a definition: a step may record thousands. */
let empty: { readonly ddl: string; readonly db: Db } | undefined;

function emptyTables(ddl: string): Db {
  if (empty?.ddl === ddl) return empty.db;
  empty?.db.close();
  empty = undefined;
  const db = new Database(":memory:");
  // What a row refers to is not in there.
  db.pragma("foreign_keys = OFF");
  db.exec(ddl);
  empty = { ddl, db };
  return db;
}
