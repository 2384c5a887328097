import path from "node:path";
import { defaultRunOptions, type RunOptions } from "../config.ts";
import { fail } from "../errors.ts";
import { jsonLine } from "../json.ts";
import { taken } from "../outlets.ts";
import { cleanLine } from "../report/clean.ts";
import { colorsFor } from "../report/style.ts";
import { Sink } from "../report/sink.ts";
import { type Cell, formatBelow, formatTable, type TableOptions } from "../report/text-table.ts";
import { wrap } from "../report/width.ts";

/** Where a command works and speaks. */
export interface Io {
  readonly project: string;
  readonly json: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Both are the process's own, and made when they are asked for. */
  readonly early?: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** Options as commander hands them over: text, and only what was given. */
export interface RunFlags {
  readonly param?: readonly string[];
  readonly logicalDate?: string;
  readonly force?: boolean;
  readonly from?: readonly string[];
  readonly retry?: string;
  readonly serial?: boolean;
  readonly jobs?: string;
  readonly keepGoing?: boolean;
  readonly wait?: boolean;
  readonly watch?: boolean;
}

export function print(io: Io, text: string): void {
  sinkOf(io).write(text.endsWith("\n") ? text : `${text}\n`);
}

/** A sentence, in as many lines as it takes. */
export function say(io: Io, text: string): void {
  print(io, wrap(cleanLine(text), widthOf(io) || Infinity).join("\n"));
}

/** One JSON value on a line. */
export function printJson(io: Io, value: unknown): void {
  sinkOf(io).write(jsonLine(value));
}

/** A reader that goes away, such as `head`, is not a failure. */
function sinkOf(io: Io): Sink {
  return new Sink(() => io.stdout, io.env, path.resolve(io.project));
}

/**
 * Writes a piece of something long and waits until it has been taken.
 * @returns whether there is still somebody who reads
 */
export async function write(io: Io, text: string): Promise<boolean> {
  const { stdout } = io;
  sinkOf(io).write(text);
  if (stdout.writableNeedDrain && !stdout.destroyed) await taken(stdout);
  return !stdout.destroyed && stdout.errored === null;
}

/** What is to be typed, or copied, for another command. */
const names: ReadonlySet<string> = new Set(["run", "step", "slot", "schedule", "model", "version", "alias", "experiment_id"]);

/** Aligned columns; cut to a terminal's width, whole in a pipe. */
export function printTable(io: Io, columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
  print(io, formatTable(columns, rows, tableOptions(io)));
}

/** The cells of each row one below the other. */
export function printBelow(io: Io, columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
  print(io, formatBelow(columns, rows, tableOptions(io)));
}

function tableOptions(io: Io): TableOptions {
  return { width: widthOf(io), whole: names, colors: colorsFor(io.stdout, io.env) };
}

/** Columns of the terminal; 0 where nothing is cut. */
export function widthOf(io: Io): number {
  return io.stdout.isTTY ? io.stdout.columns || 80 : 0;
}

/** @throws E_USAGE */
export function readRunOptions(io: Io, steps: readonly string[], flags: RunFlags): RunOptions {
  const defaults = defaultRunOptions(path.resolve(io.project));
  return {
    ...defaults,
    steps,
    params: readParams(flags.param ?? []),
    force: flags.force === true,
    from: flags.from ?? [],
    jobs: flags.serial ? 1 : flags.jobs === undefined ? defaults.jobs : wholeNumber("--jobs", flags.jobs),
    keepGoing: flags.keepGoing === true,
    wait: flags.wait !== false,
    logicalDate: flags.logicalDate ?? null,
  };
}

function readParams(words: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals < 1) fail("E_USAGE", `-p ${word} has no value`, { remedy: "write it as -p name=value" });
    params[word.slice(0, equals)] = word.slice(equals + 1);
  }
  return params;
}

/** @throws E_USAGE */
export function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    fail("E_USAGE", `${flag} ${text} is not a whole number from 1`, { remedy: `write it as ${flag} 4` });
  return value;
}
