import type { DuckDBConnection } from "@duckdb/node-api";
import type { Column } from "../../model.ts";
import { quoteIdentifier } from "../../sql-quote.ts";
import { allRows } from "./table-sql.ts";

/** A column at a glance. */
export interface Distribution {
  readonly nulls: number;
  readonly distinct: number;
  /** Of a long table: about so many. */
  readonly estimated?: boolean;
  /** Numbers: how many lie in each of equal parts from min to max. */
  readonly bins?: readonly number[];
  readonly min?: string;
  readonly max?: string;
  readonly low?: number;
  readonly high?: number;
  /** Else: the most frequent values. */
  readonly top?: readonly { readonly value: string; readonly count: number }[];
}

const binCount = 20;
/** Distinct values of longer tables are estimated. */
const mostCounted = 100_000;
const isNumeric = (type: string) => /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\))$/.test(type);

/** Each column's distribution. @param from the rows, as SQL */
export async function distributionsOf(connection: DuckDBConnection, from: string, schema: readonly Column[]): Promise<Distribution[]> {
  if (schema.length === 0) return [];
  const estimated = Number((await allRows(connection, `SELECT count(*) ${from}`, []))[0]![0]) > mostCounted;
  const measures = schema.flatMap(({ name, type }) => {
    const cell = quoteIdentifier(name);
    const finite = type === "DOUBLE" || type === "FLOAT" ? ` FILTER (isfinite(${cell}))` : "";
    const range = isNumeric(type) ? [`min(${cell})${finite}::DOUBLE`, `max(${cell})${finite}::DOUBLE`] : ["NULL", "NULL"];
    const distinct = estimated ? `least(approx_count_distinct(${cell}::VARCHAR), count(${cell}))` : `count(DISTINCT ${cell}::VARCHAR)`;
    return [`count(*) - count(${cell})`, distinct, ...range];
  });
  const [row] = await allRows(connection, `SELECT ${measures.join(", ")} ${from}`, []);
  const result: Distribution[] = [];
  for (const [index, column] of schema.entries()) {
    const [nulls, distinct, min, max] = row!.slice(index * 4, index * 4 + 4) as [bigint, bigint, number | null, number | null];
    const known = { nulls: Number(nulls), distinct: Number(distinct), ...(estimated ? { estimated } : {}) };
    if (min !== null && max !== null)
      result.push({ ...known, bins: await bins(connection, from, column, min, max), ...shownRange(min, max), low: min, high: max });
    else result.push({ ...known, top: await mostFrequent(connection, from, column) });
  }
  return result;
}

/** How many cells of a column lie in each of equal parts of a range. */
export async function bins(connection: DuckDBConnection, from: string, { name }: Column, min: number, max: number): Promise<number[]> {
  const counts = new Array<number>(binCount).fill(0);
  const cell = `${quoteIdentifier(name)}::DOUBLE`;
  // Halves, since the whole range may be more than a double holds.
  const share = max > min ? `(${cell} / 2 - ${min} / 2) / (${max} / 2 - ${min} / 2)` : "0";
  const place = `least(${binCount - 1}, greatest(0, floor(${share} * ${binCount})))::INTEGER`;
  for (const [bin, count] of await allRows(connection, `SELECT ${place}, count(*) ${from} WHERE isfinite(${cell}) GROUP BY 1`, []))
    counts[Number(bin)] = Number(count);
  return counts;
}

async function mostFrequent(connection: DuckDBConnection, from: string, { name }: Column): Promise<{ value: string; count: number }[]> {
  const whole = `SELECT ${quoteIdentifier(name)}::VARCHAR, count(*) ${from} WHERE ${quoteIdentifier(name)} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3`;
  const rows = await allRows(connection, `SELECT left(value, 40), count FROM (${whole}) AS frequent(value, count)`, []);
  return rows.map(([value, count]) => ({ value: String(value), count: Number(count) }));
}

/** In so many digits that it says what differs; whole numbers whole. */
function shownRange(min: number, max: number): { min: string; max: string } {
  const write = (value: number, digits: number) =>
    Number.isSafeInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));
  let digits = 4;
  while (digits < 17 && min !== max && write(min, digits) === write(max, digits)) digits++;
  return { min: write(min, digits), max: write(max, digits) };
}
