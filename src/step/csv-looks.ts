import type { DuckDBMapValue } from "@duckdb/node-api";
import { quoteIdentifier, quoteString } from "../sql-quote.ts";
import type { Head } from "./csv-head.ts";
import { dropRejects, readerSql, rejectTables, valuesSql } from "./csv-reader.ts";
import type { Engine } from "./duckdb.ts";
import { moreDigits } from "./fraction-digits.ts";
import { here } from "./here.ts";

/** What a value looks like; each is of one kind. "code": a text that DuckDB would read as a number, such as 2024_01 and 0x1F. "nano" and "finer": instants beyond microseconds, and beyond any type. */
export type Look =
  | "whole"
  | "wide"
  | "long"
  | "padded"
  | "decimal"
  | "fraction"
  | "special"
  | "code"
  | "truth"
  | "date"
  | "instant"
  | "nano"
  | "zoned"
  | "finer"
  | "text";
export type Looks = Partial<Record<Look, number>>;

const finer = (c: string, digits: number) => `regexp_matches(${c}, ${quoteString(moreDigits(digits))})`;

/** One CASE a value, so that one aggregate a column tells all: DuckDB plans hundreds of aggregates slowly. */
const look = (c: string) => `CASE
  WHEN ${c} = TRY_CAST(${c} AS BIGINT)::VARCHAR THEN if(length(${c}) > 15 AND abs(TRY_CAST(${c} AS HUGEINT)) > 9007199254740991, 'wide', 'whole')
  WHEN TRY_CAST(${c} AS DOUBLE) IS NOT NULL AND NOT contains(${c}, '_') THEN CASE
    WHEN NOT isfinite(TRY_CAST(${c} AS DOUBLE)) THEN if(regexp_matches(${c}, '[0-9]'), 'text', 'special')
    WHEN regexp_full_match(${c}, '[+-]?0[0-9].*') THEN 'padded'
    WHEN regexp_full_match(${c}, '[+-]?[0-9]{16,}') THEN 'long'
    WHEN TRY_CAST(${c} AS DOUBLE) <> trunc(TRY_CAST(${c} AS DOUBLE)) THEN 'fraction'
    ELSE 'decimal' END
  WHEN (contains(${c}, '_') OR regexp_matches(${c}, '0[xXbB]')) AND (TRY_CAST(${c} AS BIGINT) IS NOT NULL OR TRY_CAST(${c} AS DOUBLE) IS NOT NULL) THEN 'code'
  WHEN lower(${c}) IN ('true', 'false') THEN 'truth'
  WHEN ${c} NOT LIKE '____-__-__%' THEN 'text'
  WHEN length(${c}) = 10 AND TRY_CAST(${c} AS DATE) IS NOT NULL THEN 'date'
  WHEN regexp_full_match(${c}, '.{10}[ T][0-9:.]+') AND TRY_CAST(${c} AS TIMESTAMP) IS NOT NULL THEN CASE
    WHEN NOT ${finer(c, 6)} THEN 'instant'
    WHEN ${finer(c, 9)} OR TRY_CAST(${c} AS TIMESTAMP_NS) IS NULL THEN 'finer'
    ELSE 'nano' END
  WHEN regexp_full_match(${c}, '.{10}[ T][0-9:.]+(Z|[+-][0-9:]+)') AND TRY_CAST(${c} AS TIMESTAMPTZ) IS NOT NULL THEN if(${finer(c, 6)}, 'finer', 'zoned')
  ELSE 'text' END`;

/** How often each look occurs in the columns; NULLs are not counted. */
export async function countLooks(engine: Engine, head: Head, names: readonly string[]): Promise<Map<string, Looks>> {
  const rejects = rejectTables(here());
  const reader = readerSql(
    head,
    head.names.map(() => "VARCHAR"),
    rejects,
  );
  const counted = await (names.length > wide ? countTall : countWide)(engine, names, reader);
  await dropRejects(engine, rejects);
  return counted;
}

/** Beyond so many columns it is planned for minutes. */
const wide = 100;

/** One aggregate a column. */
async function countWide(engine: Engine, names: readonly string[], reader: string): Promise<Map<string, Looks>> {
  const selected = names.map(quoteIdentifier).map((column) => `histogram(${look(column)}) FILTER (WHERE ${column} IS NOT NULL)`);
  const result = await engine.connection.run(`SELECT ${selected.join(", ")} FROM ${reader}`);
  const counted = (await result.getRows())[0] as (DuckDBMapValue | null)[];
  return new Map(names.map((name, index) => [name, looksOf(counted[index]!)]));
}

/** One aggregate for all columns, of a value in a row. */
async function countTall(engine: Engine, names: readonly string[], reader: string): Promise<Map<string, Looks>> {
  const result = await engine.connection.run(
    `SELECT stepbook_name, ${look("stepbook_value")}, count(*) FROM ${valuesSql(names, reader)} GROUP BY ALL`,
  );
  const counted = new Map<string, Looks>();
  for (const [name, seen, count] of (await result.getRows()) as [string, Look, bigint][])
    counted.set(name, { ...counted.get(name), [seen]: Number(count) });
  return counted;
}

function looksOf(histogram: DuckDBMapValue | null): Looks {
  return Object.fromEntries((histogram?.entries ?? []).map(({ key, value }) => [key as Look, Number(value)]));
}
