import { definedTables } from "../../record/defined-tables.ts";
import { readResultTables } from "../../record/experiments.ts";
import { readResults, type ResultRow } from "../../record/results.ts";
import type { Site } from "../site.ts";

export interface ResultsQuery {
  readonly table: string;
  readonly sort: string;
  readonly down: boolean;
  readonly find: string;
}

export interface Results {
  /** There are more, older ones. */
  readonly cut: boolean;
  readonly columns: readonly string[];
  readonly rows: readonly ResultRow[];
}

/** The recorded results as they are asked for. @throws E_NOT_FOUND for a table that is not there */
export function readExperiments({ project }: Site, { table, sort, down, find }: ResultsQuery, most = Number.MAX_SAFE_INTEGER): Results {
  const wish = find.toLowerCase();
  const has = (row: ResultRow) => Object.values(row).some((value) => value !== null && String(value).toLowerCase().includes(wish));
  const found = readResults(project, table, most + 1, wish === "" ? undefined : has);
  const rows = found.slice(0, most);
  const [some] = rows.length > 0 ? rows : readResults(project, table, 1);
  if (sort !== "") rows.sort((a, b) => compare(a[sort], b[sort], down));
  return { columns: Object.keys(some ?? {}), rows, cut: found.length > most };
}

/** Those that are chosen, in the table's order; all where none is. */
export function shownColumns(columns: readonly string[], chosen: readonly string[]): readonly string[] {
  return chosen.length === 0 ? columns : columns.filter((name) => chosen.includes(name));
}

/** What is missing comes last, whichever way. */
function compare(a: unknown, b: unknown, down: boolean): number {
  const [none, other] = [a ?? null, b ?? null].map((value) => value === null);
  if (none || other) return Number(none) - Number(other);
  return (typeof a === "string" || typeof b === "string" ? String(a).localeCompare(String(b)) : Number(a) - Number(b)) * (down ? -1 : 1);
}

export function tablesOf({ project }: Pick<Site, "project">, current: string): string[] {
  return [...new Set([...definedTables(project), current])];
}

/** What a row is named by: its key, as experiments.sql has it. */
export function keysOf({ project }: Pick<Site, "project">, table: string, columns: readonly string[]): readonly string[] {
  try {
    const keys = (readResultTables(project).tables.get(table) ?? []).filter(({ key }) => key > 0).map(({ name }) => name);
    if (keys.length > 0 && keys.every((name) => columns.includes(name))) return keys;
  } catch {
    // what is wrong with experiments.sql the run says
  }
  return columns.slice(0, 1);
}

export function nameOf(row: ResultRow, keys: readonly string[]): string {
  return keys.map((key) => String(row[key])).join("/");
}

/** The results with those columns alone that are chosen. */
export function ofColumns({ columns, rows }: Results, chosen: readonly string[]): Pick<Results, "columns" | "rows"> {
  const shown = shownColumns(columns, chosen);
  return {
    columns: shown,
    rows: chosen.length === 0 ? rows : rows.map((row) => Object.fromEntries(shown.map((name) => [name, row[name]!]))),
  };
}

/** As RFC 4180 has it. A text that a spreadsheet would take for a formula is kept a text. */
export function asCsv({ columns, rows }: Pick<Results, "columns" | "rows">): string {
  const field = (value: unknown) => {
    const text =
      value === null || value === undefined ? "" : typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map(field), ...rows.map((row) => columns.map((name) => field(row[name])))]
    .map((line) => `${line.join(",")}\r\n`)
    .join("");
}
