import type { Artifact } from "../model.ts";
import { cleanLine } from "../report/clean.ts";
import { countOf } from "../report/format.ts";
import { type Cell, formatTable } from "../report/text-table.ts";
import { widthOfAll } from "../report/width.ts";
import { Table } from "../step/table.ts";
import { type Io, print, say, widthOf, write } from "./io.ts";
import { plain } from "./plain.ts";

export function openTable(artifact: Artifact, file: string): Table {
  return new Table({ file, schema: artifact.schema ?? [], rows: artifact.rows ?? 0, artifact });
}

/** `{"schema":…,"rows":…}` on one line, written batch by batch: the table need not fit in memory. */
export async function printRowsJson(io: Io, table: Table, limit = Infinity): Promise<void> {
  await write(io, `{"schema":${JSON.stringify(table.schema)},"rows":[`);
  let count = 0;
  for await (const batch of table.batches(1000)) {
    const rows = batch.slice(0, limit - count).map((row) => JSON.stringify(plain(row)));
    const read = await write(io, `${count > 0 && rows.length > 0 ? "," : ""}${rows.join(",")}`);
    count += rows.length;
    if (count >= limit || !read) break;
  }
  await write(io, "]}\n");
}

/** Widest cell of a table that is too wide for the terminal. */
const widest = 24;

/** Names, types and the first rows; of a wide table the columns that fit, and the names of the others. */
export async function printRows(io: Io, table: Table, limit: number): Promise<void> {
  const rows = await table.head(limit);
  const width = widthOf(io);
  const columns = table.schema.map(({ name, type }) => ({ name, type, cells: rows.map((row) => cell(row[name])) }));
  const fit =
    width === 0
      ? columns.length
      : fitting(
          columns.map(({ name, type, cells }) => widthOfAll([name, type, ...cells].map((each) => cleanLine(String(each))))),
          width,
        );
  const shown = columns.slice(0, fit);
  const lines = [shown.map(({ type }) => type), ...rows.map((_, index) => shown.map(({ cells }) => cells[index]))];
  const align = table.schema.map(
    ({ type }) => (/INT|DOUBLE|FLOAT|DECIMAL/.test(type) && !type.endsWith("]") ? "right" : "left") as "right" | "left",
  );
  print(
    io,
    formatTable(
      shown.map(({ name }) => name),
      lines,
      { width, align },
    ),
  );
  if (table.count > rows.length) say(io, `… ${countOf(table.count - rows.length, "more row")}`);
  const others = columns.slice(fit).map(({ name }) => name);
  if (others.length > 0) say(io, `… ${countOf(others.length, "more column")}: ${others.join(", ")}`);
}

function cell(value: unknown): Cell {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" || typeof value === "string") return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "infinity" : value.toISOString().replace("T00:00:00.000Z", "");
  if (value instanceof Uint8Array) return countOf(value.length, "byte");
  return JSON.stringify(plain(value));
}

/** How many of the columns fit; at least one. */
function fitting(widths: readonly number[], width: number): number {
  let used = 0;
  const over = widths.findIndex((each) => (used += Math.min(each, widest) + 2) - 2 > width);
  return over < 0 ? widths.length : Math.max(1, over);
}
