import path from "node:path";
import { type Failure, showPlace } from "../errors.ts";
import { sourceLines } from "../excerpt.ts";
import type { Place } from "../model.ts";
import { cleanLine, cleanLines } from "./clean.ts";
import type { Colors } from "./style.ts";
import { cut, displayWidth, wrap } from "./width.ts";

interface FailureOptions {
  /** Folder that places are relative to. */
  readonly project?: string;
  /** Columns; none: nothing is cut or wrapped. */
  readonly width?: number;
}

const mostFrames = 8;
const mostRows = 30;

/**
 * What went wrong, where, and what to do about it:
 *
 *     error E_STEP_THREW: TypeError: rows.map is not a function
 *        ╭ steps/30_tune.ts:14:22
 *     14 │ const labels = rows.map(diagnosis);
 *        │                     ^
 *        → remedy
 *          at main (steps/30_tune.ts:14:22)
 */
export function formatFailure(failure: Failure, colors: Colors, options: FailureOptions = {}): string {
  const { project = process.cwd(), width = Infinity } = options;
  const { excerpt, place } = failure;
  const source = excerpt ? excerpt.lines[(place?.line ?? 0) - excerpt.first] : place && sourceLine(place, project);
  const margin = " ".repeat(source ? String(failure.place?.line).length + 1 : 2);
  return [
    ...headline(failure, colors, width),
    ...(failure.place ? placed(failure.place, source, margin, colors, width) : []),
    ...hanging(failure.remedy ?? "", `${margin}→ `, width).map((line) => colors.cyan(line)),
    ...frames(failure, project).map((frame) => colors.dim(cut(`${margin}  ${frame}`, width))),
  ].join("\n");
}

function headline({ code, message }: Failure, colors: Colors, width: number): string[] {
  const [first = "", ...rest] = cleanLines(message.trimEnd());
  const label = `error ${code}: `;
  const [start = "", ...more] = wrap(label + first, width - 2, mostRows);
  const colored = start.startsWith(label)
    ? colors.red(colors.bold("error")) + colors.dim(` ${code}: `) + colors.bold(start.slice(label.length))
    : start;
  const tail = rest.slice(0, mostRows).flatMap((line) => wrap(line, width - 2));
  const all = [...more.map((line) => colors.bold(line)), ...tail].map((line) => `  ${line}`.trimEnd());
  return [colored, ...(all.length > mostRows ? [...all.slice(0, mostRows), colors.dim("  …")] : all)];
}

function placed(place: Place, source: string | undefined, margin: string, colors: Colors, width: number): string[] {
  const where = cleanLine(showPlace(place));
  if (source === undefined) return [cut(`${margin}${colors.dim("╭")} ${where}`, width)];
  const room = width - margin.length - 2;
  const before = place.column === undefined ? "" : source.slice(0, place.column - 1);
  // A long line is shown from shortly before the column that counts.
  const from = displayWidth(before) < room - 8 ? 0 : Math.max(0, before.length - Math.max(0, Math.floor(room / 2)));
  const caret = " ".repeat(displayWidth(shown(`${source.slice(from, before.length)}^`)) - 1);
  return [
    cut(`${margin}${colors.dim("╭")} ${where}`, width),
    `${colors.dim(`${place.line} │`)} ${cut(shown(source.slice(from)), room)}`,
    ...(place.column === undefined ? [] : [cut(`${margin}${colors.dim("│")} ${caret}${colors.red("^")}`, width)]),
  ];
}

/** The whole line as it is now; undefined where it cannot be had. */
function sourceLine({ file, line }: Place, project: string): string | undefined {
  return line === undefined ? undefined : sourceLines(path.resolve(project, file))?.[line - 1];
}

/** With tabs as two spaces. */
function shown(source: string): string {
  return cleanLines(source.replaceAll("\t", "  ")).join(" ");
}

/** Text under a mark, its further rows below its first letter. */
function hanging(text: string, mark: string, width: number): string[] {
  const rows = text === "" ? [] : cleanLines(text).flatMap((line) => wrap(line, width - mark.length));
  return rows.map((row, index) => (index === 0 ? mark : " ".repeat(mark.length)) + row);
}

/** The stack's frames without the one that is shown as the place. */
function frames({ stack, place }: Failure, project: string): string[] {
  const all = cleanLines(stack ?? "")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at "));
  const short = all.map((line) => line.replaceAll("file://", "").replaceAll(`${project}${path.sep}`, ""));
  const others = short.filter((line, index) => !(index === 0 && short.length === 1 && place && line.includes(showPlace(place))));
  return others.length > mostFrames ? [...others.slice(0, mostFrames), `… ${others.length - mostFrames} more`] : others;
}
