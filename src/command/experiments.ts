import path from "node:path";
import { exitCodes } from "../errors.ts";
import { usualTable } from "../record/defined-tables.ts";
import { readResults, type ResultRow } from "../record/results.ts";
import { formatTable } from "../report/text-table.ts";
import { displayWidth } from "../report/width.ts";
import { type Io, print, printBelow, printJson, printTable, wholeNumber, widthOf } from "./io.ts";

/** `experiments`: the recorded results, newest first. */
export async function experiments(io: Io, options: { readonly limit: string; readonly table?: string }): Promise<number> {
  const limit = wholeNumber("--limit", options.limit);
  const project = path.resolve(io.project);
  const rows = readResults(project, options.table ?? usualTable(project), limit);
  if (io.json) for (const row of rows) printJson(io, row);
  else if (rows.length === 0) print(io, "no results yet: record(table, row) in a step adds one");
  else printRows(io, rows);
  return exitCodes.done;
}

/** Columns that say something; where they do not fit side by side, one row below the other. */
function printRows(io: Io, rows: readonly ResultRow[]): void {
  const columns = Object.keys(rows[0]!).filter((name) => rows.some((row) => row[name] !== null));
  const cells = rows.map((row) => columns.map((name) => row[name]));
  const width = widthOf(io);
  if (width === 0 || displayWidth(formatTable(columns, cells).split("\n")[0]!) <= width) printTable(io, columns, cells);
  else printBelow(io, columns, cells);
}
