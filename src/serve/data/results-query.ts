import type { ResultsQuery } from "./results.ts";

export interface ExperimentsQuery extends ResultsQuery {
  /** Columns that are shown; none: those that differ or say something. */
  readonly columns: readonly string[];
  readonly x: string;
  readonly y: string;
  /** The metric of a heatmap, and what colours parallel lines. */
  readonly z: string;
  readonly plot: "scatter" | "parallel" | "heatmap";
  /** Rows of the table that are left out before those that are shown. */
  readonly offset: number;
  /** Keys of the rows that are compared. */
  readonly picked: readonly string[];
}

/** The address of the page with something else in it; other rows, or in another order, are shown from the first one on. */
export function addressOf(
  { table, find, sort, down, x, y, z, plot, columns, picked }: ExperimentsQuery,
  change: Readonly<Record<string, string>> = {},
): string {
  const kept = { table, find, sort, down: down ? "1" : "", x, y, z, plot, ...change };
  const words = [
    ...Object.entries(kept).filter(([, value]) => value !== ""),
    ...columns.map((name) => ["column", name]),
    ...picked.map((name) => ["pick", name]),
  ];
  return `/experiments?${new URLSearchParams(words as [string, string][])}`;
}
