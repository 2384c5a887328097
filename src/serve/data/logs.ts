import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { logFile } from "../../execute/logs.ts";
import type { LogNotice } from "../live.ts";
import { cleanOutput } from "../../report/clean.ts";

/** As much of a log as a page shows: its end. */
const mostBytes = 64 * 1024;

export interface LogEnd {
  readonly lines: readonly string[];
  readonly bytes: number;
  /** Where its last whole line ends. */
  readonly whole: number;
  /** Whether there is more before the first line. */
  readonly cut: boolean;
}

/**
 * The end of a log, cleaned of what a terminal would obey; undefined where nothing was printed.
 * @param running the last line is left out until it is whole
 */
export function readLogEnd(project: string, run: string, step: string, running = false): LogEnd | undefined {
  const handle = openLog(project, run, step);
  if (handle === undefined) return undefined;
  try {
    const { size } = fstatSync(handle);
    const length = Math.min(size, mostBytes);
    const buffer = Buffer.alloc(length);
    readSync(handle, buffer, 0, length, size - length);
    const end = buffer.lastIndexOf(10) + 1;
    const cut = size > length;
    const text = buffer.toString("utf8", cut ? beginOf(buffer) : 0, running ? end : length);
    const lines =
      size === 0 || (running && end === 0)
        ? []
        : text
            .replace(/\n$/, "")
            .split("\n")
            .map((line) => cleanOutput(line, false));
    return { whole: size - length + end, lines: cut ? withoutPiece(lines) : lines, bytes: size, cut };
  } finally {
    closeSync(handle);
  }
}

/** Where the first whole character begins. */
function beginOf(buffer: Buffer): number {
  return Math.max(
    0,
    buffer.findIndex((byte) => (byte & 0xc0) !== 0x80),
  );
}

/** Of a log that begins inside a line the rest of that line is left out, but where it is all that there is. */
function withoutPiece(lines: readonly string[]): readonly string[] {
  return lines.length === 1 ? [`…${lines[0]}`] : lines.slice(1);
}

const mostAtOnce = 32 * 1024;

/** What was printed since a place in the log, in whole lines; of very much at once the end. */
export function readLogSince(project: string, run: string, step: string, since: number): Omit<LogNotice, "type"> | undefined {
  const handle = openLog(project, run, step);
  if (handle === undefined) return undefined;
  try {
    const { size } = fstatSync(handle);
    const start = Math.max(since, size - mostAtOnce);
    const buffer = Buffer.alloc(Math.max(0, size - start));
    readSync(handle, buffer, 0, buffer.length, start);
    // Of a piece that begins inside a line the rest of that line is left out.
    const from = start === since ? start : start + buffer.indexOf(10) + 1;
    const lines: [string, number][] = [];
    for (let at = from - start, end = buffer.indexOf(10, at); end >= 0; at = end + 1, end = buffer.indexOf(10, at)) {
      lines.push([cleanOutput(buffer.toString("utf8", at, end), false), start + end + 1]);
    }
    return { run, step, from, lines };
  } finally {
    closeSync(handle);
  }
}

/** An open log; a link in its place is not followed. */
export function openLog(project: string, run: string, step: string): number | undefined {
  try {
    return openSync(logFile(project, run, step), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
}
