import type { ResultRow } from "../../record/results.ts";
import { formatInstant, formatNumber } from "../../report/format.ts";

/** A column as an axis: numbers and times by their size, words in their order. */
interface Axis {
  readonly distinct: number;
  /** From 0 to 1; the middle where all are equal. */
  place(value: unknown): number;
  /** What stands at its ends. */
  readonly low: string;
  readonly high: string;
}

export function axisOf(rows: readonly ResultRow[], column: string): Axis {
  const values = [...new Set(rows.map((row) => row[column]).filter((value) => value !== null && value !== undefined))];
  const isTime =
    values.length > 0 &&
    values.every((value) => typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)));
  const isNumber = values.every((value) => typeof value === "number" || typeof value === "bigint");
  const words = isTime || isNumber ? [] : values.map(String).sort();
  const size = (value: unknown) => (isTime ? Date.parse(String(value)) : isNumber ? Number(value) : words.indexOf(String(value)));
  const sizes = values.map(size);
  const [low, high] = [sizes.reduce((a, b) => Math.min(a, b), Infinity), sizes.reduce((a, b) => Math.max(a, b), -Infinity)];
  const name = (at: number) => (values.length === 0 ? "" : isTime ? formatInstant(new Date(at)) : isNumber ? formatNumber(at) : words[at]!);
  return {
    distinct: values.length,
    place: (value) => (high > low ? (size(value) - low) / (high - low) : 0.5),
    low: name(low),
    high: name(high),
  };
}
