import type { Scalar } from "../model.ts";
import { columnsOf, type ResultColumn } from "./experiments.ts";
import type { Db } from "./state.ts";

/** SQLite knows no cases in names. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

export function keyOf(columns: readonly ResultColumn[]): string[] {
  return columns.filter(({ key }) => key > 0).sort((a, b) => a.key - b.key).map(({ name }) => name);
}

/** Inserts the row in place of the one with its key. Columns that the table has lost are left out. */
export function insertRow(db: Db, table: string, row: Readonly<Record<string, Scalar>>): void {
  const present = columnsOf(db, table);
  const key = keyOf(present);
  const given = key.map((name) => Object.entries(row).find(([column]) => sameName(column, name))?.[1]);
  if (key.length > 0 && given.every((value) => value !== undefined)) {
    db.prepare(`DELETE FROM ${quote(table)} WHERE ${key.map((name) => `${quote(name)} = ?`).join(" AND ")}`).run(...given.map((value) => bound(value!)));
  }
  const columns = Object.keys(row).filter((column) => present.some(({ name }) => sameName(name, column)));
  const places = columns.map(() => "?").join(", ");
  db.prepare(`INSERT INTO ${quote(table)} (${columns.map(quote).join(", ")}) VALUES (${places})`).run(...columns.map((column) => bound(row[column]!)));
}

/** SQLite has no booleans; a whole number that goes as one stays `5` in a column of texts, and not `5.0`. */
function bound(value: Scalar): Scalar {
  if (typeof value === "boolean") return BigInt(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value as number) : value;
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
