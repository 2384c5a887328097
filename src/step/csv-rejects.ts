import { isUtf8 } from "node:buffer";
import { quoteIdentifier } from "../sql-quote.ts";
import { closeSync, openSync, readSync } from "./quiet-fs.ts";
import { fail } from "../errors.ts";
import { notUtf8, type Head } from "./csv-head.ts";
import { withArticle } from "./csv-loss.ts";
import { dropRejects, rejectsLimit, type RejectTables } from "./csv-reader.ts";
import type { SettledType } from "./csv-types.ts";
import type { Engine } from "./duckdb.ts";

/** A row that does not fit, as DuckDB noted it. */
interface Reject {
  readonly line: number;
  readonly linePosition: number | null;
  readonly position: number | null;
  readonly column: number | null;
  readonly kind: string;
  readonly text: string;
  readonly message: string;
}

/** @throws E_CSV with the first of the rows that do not fit, and how many there are */
export async function failOnRejects(engine: Engine, head: Head, types: readonly SettledType[], tables: RejectTables): Promise<void> {
  const reader = await engine.connection.runAndReadAll(
    `SELECT line, line_byte_position, byte_position, column_idx, error_type::VARCHAR, csv_line, error_message
     FROM ${quoteIdentifier(tables.errors)} ORDER BY byte_position, line, column_idx`,
  );
  const rows = reader.getRows() as [bigint, bigint | null, bigint | null, bigint | null, string, string | null, string | null][];
  await dropRejects(engine, tables);
  const [first] = rows.map(([line, linePosition, position, column, kind, text, message]): Reject => ({
    line: Number(line),
    linePosition: linePosition === null ? null : Number(linePosition),
    position: position === null ? null : Number(position),
    column: column === null ? null : Number(column),
    kind,
    text: text ?? "",
    message: message ?? "",
  }));
  if (!first) return;
  const more =
    rows.length === 1
      ? ""
      : rows.length >= rejectsLimit
        ? `; ${rejectsLimit} or more values do not fit`
        : `; ${rows.length} values do not fit`;
  report(head, types, first, more);
}

function report(head: Head, types: readonly SettledType[], reject: Reject, more: string): never {
  const { line, column } = exactPlace(head, reject);
  const { what, remedy } = describe(head, types, reject);
  return fail("E_CSV", `${head.shown}:${line}: ${what}${more}\n  ${line} | ${clip(reject.text)}`, {
    place: { file: head.shown, line, ...(column === undefined ? {} : { column }) },
    remedy,
  });
}

function describe(head: Head, types: readonly SettledType[], reject: Reject): { what: string; remedy: string } {
  const index = (reject.column ?? 1) - 1;
  const name = head.names[index] ?? `column ${index + 1}`;
  const columns = `${head.names.length} column${head.names.length === 1 ? "" : "s"}`;
  // A value that is not a number may not be text either, and then that is the fault.
  switch (reject.kind === "CAST" && !isTextRow(head, reject) ? "INVALID ENCODING" : reject.kind) {
    case "CAST":
      return notOfType(name, types[index]!, reject.message);
    case "MISSING COLUMNS":
    case "TOO MANY COLUMNS": {
      const found = /Found: (\d+)/.exec(reject.message)?.[1] ?? "another number of";
      const remedy = `columns are divided by ${JSON.stringify(head.delimiter)}; correct the row, or give { delimiter: … }`;
      return { what: `the row has ${found} value${found === "1" ? "" : "s"}, and the file ${columns}`, remedy };
    }
    case "UNQUOTED VALUE":
      return {
        what: `column "${name}": a quote is opened and not closed before the next ${JSON.stringify(head.delimiter)} or line end`,
        remedy: 'quotes inside quotes are doubled: "say ""yes"""',
      };
    case "LINE SIZE OVER MAXIMUM": {
      const bytes = Number(/Actual Size:\s*(\d+)/.exec(reject.message)?.[1] ?? 2_000_000);
      return {
        what: `the row has ${bytes.toLocaleString("en-US")} bytes, and csv reads up to 2,000,000`,
        remedy: `sql\`FROM read_csv('${head.shown}', max_line_size = ${bytes * 2})\` reads longer ones`,
      };
    }
    case "INVALID ENCODING":
      return {
        what: `column "${name}": bytes that are not ${head.encoding.toUpperCase()}`,
        remedy: head.encoding === "utf-8" ? notUtf8 : "name its encoding: utf-8, latin-1 or utf-16",
      };
    default:
      return { what: reject.message, remedy: "correct the row" };
  }
}

function notOfType(name: string, { type, found }: SettledType, message: string): { what: string; remedy: string } {
  const value = /Could not convert string "(.*)" to '/s.exec(message)?.[1] ?? "a value";
  const what = `column "${name}": ${JSON.stringify(clip(value))} is not ${withArticle(type)}`;
  if (!found) return { what, remedy: `correct the value; if it means missing, { nullStrings: [${JSON.stringify(value)}] }` };
  return {
    what: `${what}, which ${found.fitting} of its ${found.values} values are`,
    remedy: `correct the value; if it means missing, { nullStrings: [${JSON.stringify(value)}] }; if the column is text, { columns: { ${name}: "VARCHAR" } }`,
  };
}

/** Whether the bytes around the value are text in the file's encoding; only UTF-8 can tell. */
function isTextRow(head: Head, { linePosition }: Reject): boolean {
  if (linePosition === null || head.packed || head.encoding !== "utf-8") return true;
  const handle = openSync(head.file, "r");
  try {
    const buffer = Buffer.alloc(1 << 16);
    const row = buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, Math.max(0, linePosition - 1)));
    const end = row.indexOf(10, 1);
    return end < 0 || isUtf8(row.subarray(0, end));
  } finally {
    closeSync(handle);
  }
}

/** DuckDB does not count blank lines; the position in the file is exact where the file is read as it is. */
function exactPlace(head: Head, { line, position, linePosition, kind }: Reject): { line: number; column?: number } {
  // What is missing is noted after the row's end.
  const at = kind === "MISSING COLUMNS" ? linePosition : position;
  if (at === null || head.packed || head.encoding !== "utf-8")
    return position === null || linePosition === null ? { line } : { line, column: Math.max(1, position - linePosition + 1) };
  const handle = openSync(head.file, "r");
  try {
    // Positions are counted from 1.
    return placeAt(handle, Math.max(0, at - 1));
  } finally {
    closeSync(handle);
  }
}

/** Line and column of a position in a file; of line ends there, the beginning of the line after them. */
function placeAt(handle: number, position: number): { line: number; column: number } {
  const buffer = Buffer.alloc(1 << 20);
  let [line, begin, before] = [1, 0, 0];
  for (let start = 0, read = 1; read > 0; start += read) {
    read = readSync(handle, buffer, 0, buffer.length, start);
    for (let index = 0; index < read; index++) {
      const byte = buffer[index]!;
      const ends = byte === 10 || byte === 13;
      if (start + index >= position && !ends) return { line, column: start + index - begin + 1 };
      if (ends && !(byte === 10 && before === 13)) line++;
      if (ends) begin = start + index + 1;
      before = byte;
    }
  }
  return { line, column: 1 };
}

function clip(text: string): string {
  const line = text.trimStart().split(/\r?\n|\r/)[0]!;
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}
