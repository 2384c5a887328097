import { cleanLine } from "./clean.ts";
import { formatNumber } from "./format.ts";
import type { Colors } from "./style.ts";
import { cut, displayWidth, fill, widthOfAll } from "./width.ts";

export type Cell = string | number | bigint | boolean | null | undefined;
export type Align = "left" | "right";

export interface TableOptions {
  /** Columns of the terminal; 0 or none: nothing is cut, as in a pipe. */
  readonly width?: number;
  /** By column; what is not said follows from the cells: numbers to the right. */
  readonly align?: readonly (Align | undefined)[];
  /** Headings of columns that are never cut: where no room is left for them, rows come one below the other. */
  readonly whole?: ReadonlySet<string>;
  /** Dims the heading. */
  readonly colors?: Colors;
}

const gap = 2;
/** A column of text is not made narrower than this; one of numbers never cuts a number. */
const narrowest = { left: 8, right: 3 };

/** Aligned columns under a heading. Wide columns give way first, then those at the right. */
export function formatTable(columns: readonly string[], rows: readonly (readonly Cell[])[], options: TableOptions = {}): string {
  const heads = columns.map(cleanLine);
  const cells = rows.map((row) => columns.map((_, index) => cellText(row[index])));
  const align = columns.map((_, index) => options.align?.[index] ?? alignOf(rows.map((row) => row[index])));
  const inner = columns.map((_, index) => widthOfAll(cells.map((row) => row[index]!)));
  const wanted = heads.map((head, index) => Math.max(displayWidth(head), inner[index]!));
  const least = wanted.map((each, index) =>
    options.whole?.has(columns[index]!)
      ? each
      : Math.min(each, align[index] === "left" ? narrowest.left : Math.max(narrowest.right, inner[index]!)),
  );
  const width = options.width || Infinity;
  if (columns.some((name) => options.whole?.has(name)) && total(least) > width) return formatBelow(columns, rows, options);
  const widths = fitted(wanted, least, width);
  const line = (texts: readonly string[]) =>
    cut(
      texts
        .map((text, index) => fill(text, widths[index]!, align[index]))
        .join(" ".repeat(gap))
        .trimEnd(),
      width,
    );
  const dim = options.colors?.dim ?? String;
  return [dim(line(heads)), ...cells.map(line)].join("\n");
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "number" || typeof cell === "bigint" ? formatNumber(cell) : cleanLine(String(cell));
}

function alignOf(cells: readonly Cell[]): Align {
  const shown = cells.filter((cell) => cell !== null && cell !== undefined && cell !== "");
  return shown.length > 0 && shown.every(isNumeric) ? "right" : "left";
}

/** A number, or one with a unit such as `1.2 s`. */
function isNumeric(cell: Cell): boolean {
  if (typeof cell !== "string") return typeof cell === "number" || typeof cell === "bigint";
  return /^-?\d[\d,]*(\.\d+)?(e[+-]?\d+)?( ?(%|ms|s|min|h|d|B|[kMGTP]B))?( \d+ (s|min|h))?$/.test(cell);
}

/** Each row as lines of a name and a cell, for what does not fit side by side; cells without a word are left out. */
export function formatBelow(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width = 0, whole, colors }: TableOptions,
): string {
  const heads = columns.map(cleanLine);
  const margin = widthOfAll(heads) + gap;
  const line = (cell: string, index: number) =>
    `${(colors?.dim ?? String)(fill(heads[index]!, margin))}${whole?.has(columns[index]!) ? cell : cut(cell, (width || Infinity) - margin)}`;
  const blocks = rows.map((row) =>
    columns.map((_, index) => cellText(row[index])).flatMap((cell, index) => (cell === "" ? [] : [line(cell, index)])),
  );
  return blocks.map((lines) => lines.join("\n")).join("\n\n");
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, gap * (widths.length - 1));
}

function fitted(wanted: readonly number[], least: readonly number[], width: number): number[] {
  const widths = [...wanted];
  for (let left = total(widths) - width; left > 0 && Number.isFinite(left); left--) {
    const able = widths.map((each, index) => (each > least[index]! ? each : 0));
    const most = Math.max(...able);
    if (most === 0) break;
    widths[able.indexOf(most)]!--;
  }
  return widths;
}
