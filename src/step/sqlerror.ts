import { fail, StepbookError } from "../errors.ts";
import type { Place } from "../model.ts";

/** What DuckDB says of a failure, with `errors_as_json`. */
interface Said {
  readonly exception_type?: string;
  readonly exception_message?: string;
  /** Byte offset in the text. */
  readonly position?: string;
}

/** The text that was run, and where in it the user's text starts (in characters). */
interface Ran {
  readonly text: string;
  readonly start: number;
  readonly length: number;
  readonly place?: Place;
}

/** @throws E_SQL with line, column, the line itself and a caret; E_FILE, E_DISK_FULL, E_STEP_MEMORY where that was the cause */
export function sqlError(thrown: unknown, ran: Ran): never {
  if (thrown instanceof StepbookError || !(thrown instanceof Error)) throw thrown;
  const said = read(thrown.message);
  const message = said.exception_message ?? thrown.message;
  const place = ran.place ? { place: ran.place } : {};
  // What does not fit into memory goes to the disk, up to a size that DuckDB takes from the free space.
  if (/no space left on device|disk full|max_temp_directory_size/i.test(message)) {
    return fail(
      "E_DISK_FULL",
      `no space left for a query: ${firstLines(message)}`,
      { ...place, remedy: "free space on the disk of .stepbook/" },
      thrown,
    );
  }
  if (said.exception_type === "Out of Memory") {
    return fail(
      "E_STEP_MEMORY",
      `a query needs more memory than DuckDB may use: ${firstLines(message)}`,
      {
        ...place,
        remedy: 'give the step more: export const config = { memory: "4GB" }',
      },
      thrown,
    );
  }
  const missing = /No files found that match the pattern "(.*)"/s.exec(message);
  if (missing)
    return fail(
      "E_FILE",
      `SQL reads ${missing[1]}, which is not there${excerpt(ran, undefined)}`,
      { ...place, remedy: "paths are relative to the project" },
      thrown,
    );
  const at = position(said, ran);
  const where = at ? ` (line ${at.line}, column ${at.column} of the SQL)` : "";
  return fail("E_SQL", `SQL: ${firstLines(message)}${where}${excerpt(ran, at)}`, { ...place, ...remedyFor(message) }, thrown);
}

function read(message: string): Said {
  const start = message.indexOf("{");
  if (start < 0) return {};
  try {
    return JSON.parse(message.slice(start)) as Said;
  } catch {
    return {};
  }
}

// DuckDB's CSV reader adds a page of settings after a blank line.
function firstLines(message: string): string {
  return message
    .split(/\n\s*\n/)[0]!
    .split("\n")
    .slice(0, 4)
    .join(" ")
    .trim();
}

function remedyFor(message: string): { remedy?: string } {
  if (/extension/i.test(message) && /httpfs/.test(message)) {
    return { remedy: "fetch the file in a step of its own (fetch, then write it under data/), or INSTALL httpfs; LOAD httpfs;" };
  }
  if (/out of range|overflow/i.test(message) && /INT128|HUGEINT|INT64/.test(message)) {
    return { remedy: "whole numbers are kept as 64-bit; cast it to DOUBLE or DECIMAL(38, 0)" };
  }
  if (/negative intervals/.test(message)) return { remedy: "take its seconds, epoch(…), or cast it to VARCHAR" };
  return {};
}

interface At {
  readonly line: number;
  readonly column: number;
}

function position(said: Said, ran: Ran): At | undefined {
  if (said.position === undefined) return undefined;
  const before = Buffer.from(ran.text, "utf8").subarray(0, Number(said.position)).toString("utf8").slice(ran.start);
  if (before.length > ran.length) return undefined;
  const lines = before.split("\n");
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

/** The line of the SQL with a caret under the column, below the message; the first lines where there is no position. */
function excerpt(ran: Ran, at: At | undefined): string {
  const lines = ran.text.slice(ran.start, ran.start + ran.length).split("\n");
  if (!at)
    return shorten(
      lines
        .filter((line) => line.trim())
        .slice(0, 3)
        .map((line) => `\n  | ${line}`)
        .join(""),
    );
  const gutter = `  ${at.line} | `;
  // A long line is shown around the column.
  const from = Math.max(0, at.column - 60);
  const shown = (lines[at.line - 1] ?? "").slice(from, from + 120);
  return `\n${gutter}${shown}\n${" ".repeat(gutter.length - 2)}| ${" ".repeat(at.column - 1 - from)}^`;
}

function shorten(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
