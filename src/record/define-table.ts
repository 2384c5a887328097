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

/** Words of SQL that rows have for names; as such SQLite or Postgres takes them in quotes only. */
const words =
  /^(?:all|and|any|array|as|asc|between|by|case|cast|check|column|cross|default|desc|distinct|do|else|end|except|exists|from|full|group|having|in|index|inner|into|is|join|left|like|limit|natural|not|null|offset|on|or|order|outer|primary|references|right|select|set|table|then|to|transaction|trim|union|unique|update|user|using|values|when|where|window|with)$/;

/** Postgres takes names in other letters as written only in quotes. */
const nameOf = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) && !words.test(name) ? name : quoteIdentifier(name));
