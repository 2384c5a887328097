import type { Result } from "./comparison.ts";
import type { Machine } from "./machine.ts";
import { cellsOf, headings, rowsOf } from "./rows.ts";

/** docs/performance.md: what was measured, where, and how it came out. */
export function page(results: readonly Result[], machine: Machine, quick: boolean): string {
  return `${[
    "# Performance",
    "Written by `npm run bench`; not to be edited. Every comparison is one run in which all take turns, so that a noisy machine hits them\nalike. Ratios are medians of the rounds' ratios, the spread is the least and the greatest. Tools that run commands run the same\nsteps as Node scripts. [The no-op path](noop-profile.md) and [the shipped pipeline](cold-profile.md)\nsay what the remaining time is made of.",
    ...(quick
      ? [
          "**Of a quick run** (`npm run bench -- --quick --all --out docs`): few turns, few peers, only the comparisons that fit, and less data than the titles say.",
        ]
      : []),
    table(
      ["", ""],
      machine.facts.map((fact) => [...fact]),
    ),
    "![The comparisons, on logarithmic scales](performance.svg)",
    "## The goals",
    table(
      ["work", "goal", "figure", "met"],
      results.flatMap(({ comparison, verdicts }) =>
        verdicts.map(({ says, figure, met }) => [comparison.title, says, figure, met === undefined ? "?" : met ? "yes" : "no"]),
      ),
    ),
    "## The figures",
    ...results.flatMap(section),
  ].join("\n\n")}\n`;
}

function section(result: Result): string[] {
  const rows = rowsOf(result).map((row) => cellsOf({ ...row, name: row.role === "ours" ? `**${row.name}**` : row.name }));
  const used = headings.map((_, column) => column === 0 || rows.some((row) => row[column] !== ""));
  const kept = (cells: readonly string[]) => cells.filter((_, column) => used[column]);
  const missing = result.absent.map(({ name, why }) => `${name} is missing: ${why}.`);
  const shown = rows.length === 0 ? [] : [table(kept([...headings]), rows.map(kept))];
  return [`### ${result.comparison.title}`, ...shown, ...(missing.length > 0 ? [missing.join(" ")] : [])];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "--:"))), ...rows.map(line)].join("\n");
}
