import type { Scalar } from "../model.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import type { ResultColumn } from "./experiments.ts";
import type { Db } from "./state.ts";

/** SQLite knows no cases in names. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

export function keyOf(columns: readonly ResultColumn[]): string[] {
  return columns
    .filter(({ key }) => key > 0)
    .sort((a, b) => a.key - b.key)
    .map(({ name }) => name);
}

/** Inserts the row in place of the one with its key. Columns that the table has lost are left out. @param present the columns that it has */
export function insertRow(db: Db, table: string, row: Readonly<Record<string, Scalar>>, present: readonly ResultColumn[]): void {
  const key = keyOf(present);
  const given = key.map((name) => Object.entries(row).find(([column]) => sameName(column, name))?.[1]);
  if (key.length > 0 && given.every((value) => value !== undefined)) {
    db.prepare(`DELETE FROM ${quoteIdentifier(table)} WHERE ${key.map((name) => `${quoteIdentifier(name)} = ?`).join(" AND ")}`).run(
      ...given.map((value) => bound(value!)),
    );
  }
  const columns = Object.keys(row).filter((column) => present.some(({ name }) => sameName(name, column)));
  const places = columns.map(() => "?").join(", ");
  db.prepare(`INSERT INTO ${quoteIdentifier(table)} (${columns.map(quoteIdentifier).join(", ")}) VALUES (${places})`).run(
    ...columns.map((column) => bound(row[column]!)),
  );
}

/** SQLite has no booleans; a whole number that goes as one stays `5` in a column of texts, and not `5.0`. */
function bound(value: Scalar): Scalar {
  if (typeof value === "boolean") return BigInt(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value as number) : value;
}
