import { cleanLine, cleanLines } from "./clean.ts";
import type { Style } from "./style.ts";
import { type Align, formatTable } from "./text-table.ts";
import { wrap } from "./width.ts";

/** Markdown as lines for a terminal: headings, bold, code, lists and tables; the rest stays as it is written. */
export function markdownLines(text: string, style: Style): string[] {
  const lines: string[] = [];
  let code = false;
  const source = cleanLines(text);
  for (let index = 0; index < source.length; index++) {
    const line = source[index]!;
    if (line.startsWith("```")) code = !code;
    else if (code) lines.push(`  ${line}`);
    else if (isRow(line) && isRule(source[index + 1])) {
      const end = source.findIndex((each, at) => at > index && !isRow(each));
      const block = source.slice(index, end < 0 ? source.length : end);
      lines.push(...tableLines(block, style));
      index += block.length - 1;
    } else lines.push(...prose(line, style));
  }
  return withoutGaps(lines);
}

function prose(line: string, { colors, width }: Style): string[] {
  const heading = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
  if (heading !== undefined) return wrap(plain(heading), width).map((row) => colors.bold(row));
  const marked = line
    .replace(/^(\s*)[-*+]\s+/, "$1• ")
    .replace(/\*\*([^*]+)\*\*/g, (_, inner: string) => colors.bold(inner))
    .replace(/`([^`]+)`/g, (_, inner: string) => colors.cyan(inner));
  return wrap(marked, width);
}

function plain(text: string): string {
  return cleanLine(text.replace(/\*\*([^*]+)\*\*/g, "$1").replace(/`([^`]+)`/g, "$1"));
}

function isRow(line: string): boolean {
  return line.trimStart().startsWith("|");
}

function isRule(line: string | undefined): boolean {
  return line !== undefined && line.includes("-") && /^\s*\|[\s:|-]*$/.test(line);
}

function tableLines([head = "", rule = "", ...body]: readonly string[], { colors, width }: Style): string[] {
  const align = cellsOf(rule).map((cell): Align | undefined => (cell.endsWith(":") ? "right" : cell === "" ? undefined : "left"));
  return formatTable(cellsOf(head), body.map(cellsOf), { width: Number.isFinite(width) ? width : 0, align, colors }).split("\n");
}

function cellsOf(row: string): string[] {
  return row
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map(plain);
}

/** Paragraphs stay apart; nothing empty at the ends. */
function withoutGaps(lines: readonly string[]): string[] {
  const kept = lines.filter((line, index) => line !== "" || (index > 0 && lines[index - 1] !== ""));
  return kept.at(-1) === "" ? kept.slice(0, -1) : kept;
}
