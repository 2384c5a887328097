import type { Result } from "./comparison.ts";
import { cellsOf, headings, rowsOf } from "./rows.ts";

/** A result for the terminal: the contenders, those that are missing, the goals. */
export function printed(result: Result): string {
  const { comparison, absent, verdicts } = result;
  const cells = [
    [comparison.title, ...headings.slice(1)],
    ...rowsOf(result).map((row) => cellsOf({ ...row, name: `  ${row.name}${row.role === "floor" ? " (floor)" : ""}` })),
  ];
  const used = headings.map((_, column) => column === 0 || cells.slice(1).some((row) => row[column] !== ""));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .flatMap((cell, column) => (used[column] ? [column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)] : []))
      .join("  ")
      .trimEnd();
  return [
    ...cells.map(line),
    ...absent.map(({ name, why }) => `  ${name}: missing, ${why}`),
    ...verdicts.map(({ says, figure, met }) => `  ${met === undefined ? "?" : met ? "✓" : "✗"} ${says}: ${figure}`),
    "",
  ].join("\n");
}
