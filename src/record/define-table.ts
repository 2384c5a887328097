import type { Scalar } from "../model.ts";
import { quoteIdentifier } from "../sql-quote.ts";

/** A definition for `experiments.sql` that takes such rows, as a proposal: what a column is to be only its author knows. */
export function proposedTable(table: string, row: Readonly<Record<string, Scalar>>): string {
  const own: Record<string, string> = { experiment_id: "text PRIMARY KEY", experiment_datetime: "timestamptz" };
  const given = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeOf(value)]));
  const columns = Object.entries({ ...own, ...given, ...own }).map(([name, type]) => `${nameOf(name)} ${type}`);
  return `CREATE TABLE IF NOT EXISTS ${nameOf(table)} (${columns.join(", ")});`;
}

function typeOf(value: Scalar): string {
  if (typeof value === "number") return "double precision";
  if (typeof value === "bigint") return "bigint";
  return typeof value === "boolean" ? "boolean" : "text";
}

/** Postgres takes names in other letters as written only in quotes. */
const nameOf = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteIdentifier(name));
