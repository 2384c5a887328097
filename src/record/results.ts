import { existsSync } from "node:fs";
import { fail } from "../errors.ts";
import type { Scalar } from "../model.ts";
import { nearest } from "../nearest.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import { definedTables } from "./defined-tables.ts";
import { experimentsFile } from "./experiments.ts";
import { ofResults, openResults } from "./results-file.ts";
import type { Db } from "./state.ts";

export type ResultRow = Readonly<Record<string, Scalar>>;

/**
 * Rows of a results table, newest first; none where nothing was recorded yet.
 * @param keep which count: all where it is left out
 * @throws E_NOT_FOUND for a table that is not there; E_DATABASE where the file cannot be read
 */
export function readResults(project: string, table: string, limit: number, keep?: (row: ResultRow) => boolean): ResultRow[] {
  if (!existsSync(experimentsFile(project))) return [];
  const db = openResults(project, { readonly: true });
  try {
    db.defaultSafeIntegers();
    return ofResults(() => select(db, project, table, limit, keep));
  } finally {
    db.close();
  }
}

function select(db: Db, project: string, table: string, limit: number, keep?: (row: ResultRow) => boolean): ResultRow[] {
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").pluck().all() as string[];
  if (!tables.includes(table)) {
    // It is made with the first row that is delivered after it was written down.
    if (definedTables(project).includes(table)) return [];
    fail("E_NOT_FOUND", `there is no results table "${table}"`, { remedy: nearest(table, tables) });
  }
  const columns = db.prepare("SELECT name, lower(type) AS type FROM pragma_table_info(?)").all(table) as { name: string; type: string }[];
  const booleans = new Set(columns.filter(({ type }) => type.startsWith("bool")).map(({ name }) => name));
  // Not by rowid: a row that is delivered again is inserted anew.
  const time = columns.find(({ type }) => type.startsWith("timestamp"))?.name;
  const order = time === undefined ? "1 DESC" : `${quoteIdentifier(time)} DESC, 1 DESC`;
  const found = db.prepare(`SELECT * FROM ${quoteIdentifier(table)} ORDER BY ${order} LIMIT ?`).iterate(keep ? -1 : limit);
  const rows: ResultRow[] = [];
  for (const raw of found as IterableIterator<ResultRow>) {
    const row = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, readable(value, booleans.has(name))]));
    if (!keep || keep(row)) rows.push(row);
    if (rows.length >= limit) break;
  }
  return rows;
}

/** SQLite has no booleans: they come back as what they were recorded as. */
function readable(value: Scalar, isBoolean: boolean): Scalar {
  if (typeof value !== "bigint") return value;
  if (isBoolean && (value === 0n || value === 1n)) return value === 1n;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
