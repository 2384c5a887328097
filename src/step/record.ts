import { fail } from "../errors.ts";
import type { Scalar } from "../model.ts";
import { here } from "./here.ts";

/**
 * Adds a row to a results table (`experiments` is the one of experiments.sql) when the step is done: committed with
 * the step's record, once per run and step, whatever is retried. A step that records runs in every run. Standalone
 * the row is shown and not written.
 *
 * @param row column → string, number, bigint, boolean, null or Date (kept as ISO 8601 text, UTC)
 * @throws E_UNSTORABLE for another value, NaN and the infinities among them: SQLite would make them NULL
 * @example record("experiments", { cv_folds: folds, test_set_accuracy: accuracy });
 */
export function record(table: string, row: Readonly<Record<string, Scalar | Date>>): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(table)) {
    fail("E_USAGE", `record: "${table}" is not a table name`, { remedy: "use letters, digits and _, such as experiments" });
  }
  const columns = Object.entries(row).map(([column, value]) => [column, scalar(`${table}.${column}`, value)] as const);
  if (columns.length === 0) fail("E_UNSTORABLE", `record("${table}"): the row is empty`, { remedy: "give it at least one column" });
  here().emit({ type: "effect", effect: { kind: "record", table, row: Object.fromEntries(columns) } });
}

function scalar(place: string, value: unknown): Scalar {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") {
    return BigInt.asIntN(64, value) === value
      ? value
      : fail("E_UNSTORABLE", `${place} is ${value}, beyond 64 bits`, { remedy: "record it as text" });
  }
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  return fail("E_UNSTORABLE", `${place} is ${describe(value)}, which a results table cannot hold`, {
    remedy: "give a string, a finite number, a bigint, a boolean, a Date or null",
  });
}

function describe(value: unknown): string {
  if (value === undefined || typeof value === "number") return String(value);
  if (value instanceof Date) return "an invalid Date";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return `a ${typeof value}`;
}
