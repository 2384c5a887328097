import { gunzipSync } from "node:zlib";
import type { DuckDBMapValue } from "@duckdb/node-api";
import { fail } from "../errors.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import { type Head, textOf } from "./csv-head.ts";
import { dropRejects, readerSql, rejectTables } from "./csv-reader.ts";
import { records } from "./csv-records.ts";
import type { Engine } from "./duckdb.ts";
import { here } from "./here.ts";
import { readFileSync, statSync } from "./quiet-fs.ts";

/** The type that a column is read as, and where it is from. */
export interface SettledType {
  readonly type: string;
  /** Set where the type was found: how many of the values are of it. */
  readonly found?: { readonly fitting: number; readonly values: number };
}

/** Below this share of texts among numbers, they are mistakes and not a column of text. */
const fewTexts = 0.05;
/** Of fewer values nothing is concluded. */
const enoughValues = 20;

const largestText = 256 * 1024 * 1024;

/** What a value looks like; each is of one kind. */
type Look = "whole" | "wide" | "long" | "padded" | "decimal" | "fraction" | "special" | "truth" | "date" | "instant" | "zoned" | "text";
type Looks = Partial<Record<Look, number>>;

/** One CASE per value, so that one aggregate per column tells all: DuckDB plans hundreds of aggregates slowly. */
const look = (c: string) => `CASE
  WHEN ${c} = TRY_CAST(${c} AS BIGINT)::VARCHAR THEN if(length(${c}) > 15 AND abs(TRY_CAST(${c} AS HUGEINT)) > 9007199254740991, 'wide', 'whole')
  WHEN TRY_CAST(${c} AS DOUBLE) IS NOT NULL AND NOT contains(${c}, '_') THEN CASE
    WHEN NOT isfinite(TRY_CAST(${c} AS DOUBLE)) THEN 'special'
    WHEN regexp_full_match(${c}, '[+-]?0[0-9].*') THEN 'padded'
    WHEN regexp_full_match(${c}, '[+-]?[0-9]{16,}') THEN 'long'
    WHEN TRY_CAST(${c} AS DOUBLE) <> trunc(TRY_CAST(${c} AS DOUBLE)) THEN 'fraction'
    ELSE 'decimal' END
  WHEN lower(${c}) IN ('true', 'false') THEN 'truth'
  WHEN ${c} NOT LIKE '____-__-__%' THEN 'text'
  WHEN length(${c}) = 10 AND TRY_CAST(${c} AS DATE) IS NOT NULL THEN 'date'
  WHEN regexp_full_match(${c}, '.{10}[ T][0-9:.]+') AND TRY_CAST(${c} AS TIMESTAMP) IS NOT NULL THEN 'instant'
  WHEN regexp_full_match(${c}, '.{10}[ T][0-9:.]+(Z|[+-][0-9:]+)') AND TRY_CAST(${c} AS TIMESTAMPTZ) IS NOT NULL THEN 'zoned'
  ELSE 'text' END`;

/** The types given, and for the other columns those found by looking at every value. */
export async function settleTypes(engine: Engine, head: Head): Promise<SettledType[]> {
  const given = head.names.map((name) => head.options.columns?.[name]);
  const looked = given.map((type) => type === undefined || isWhole(type));
  const looks = looked.includes(true) ? await countLooks(engine, head, looked) : [];
  return head.names.map((name, index): SettledType => {
    const type = given[index];
    const seen = looks[index] ?? {};
    if (type === undefined) return findType(seen);
    // DuckDB rounds 1.5 to 2 without a word.
    if ((seen.fraction ?? 0) > 0) refuseFraction(head, name, index, type);
    return { type };
  });
}

const isWhole = (type: string) => /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|U?INT(8|16|32|64|128)|SHORT|LONG|INT[1248]|SIGNED)$/i.test(type.trim());

/** How often each look occurs in each column that is looked at; NULLs are not counted. */
async function countLooks(engine: Engine, head: Head, looked: readonly boolean[]): Promise<(Looks | undefined)[]> {
  const rejects = rejectTables(here());
  const reader = readerSql(head, head.names.map(() => "VARCHAR"), rejects);
  const names = head.names.filter((_, index) => looked[index]);
  const counted = await (names.length > wide ? countTall : countWide)(engine, names, reader);
  await dropRejects(engine, rejects);
  return head.names.map((name, index) => (looked[index] ? (counted.get(name) ?? {}) : undefined));
}

/** Beyond this many columns DuckDB plans it for minutes. */
const wide = 100;

/** One aggregate per column. */
async function countWide(engine: Engine, names: readonly string[], reader: string): Promise<Map<string, Looks>> {
  const selected = names.map(quoteIdentifier).map((column) => `histogram(${look(column)}) FILTER (WHERE ${column} IS NOT NULL)`);
  const result = await engine.connection.run(`SELECT ${selected.join(", ")} FROM ${reader}`);
  const counted = (await result.getRows())[0] as (DuckDBMapValue | null)[];
  return new Map(names.map((name, index) => [name, looksOf(counted[index]!)]));
}

/** One aggregate for all columns, with each value in a row of its own. */
async function countTall(engine: Engine, names: readonly string[], reader: string): Promise<Map<string, Looks>> {
  const values = `UNPIVOT (SELECT ${names.map(quoteIdentifier).join(", ")} FROM ${reader}) ON COLUMNS(*) INTO NAME stepbook_name VALUE stepbook_value`;
  const result = await engine.connection.run(`SELECT stepbook_name, ${look("stepbook_value")}, count(*) FROM (${values}) GROUP BY ALL`);
  const counted = new Map<string, Looks>();
  for (const [name, seen, count] of (await result.getRows()) as [string, Look, bigint][]) counted.set(name, { ...counted.get(name), [seen]: Number(count) });
  return counted;
}

function looksOf(histogram: DuckDBMapValue | null): Looks {
  return Object.fromEntries((histogram?.entries ?? []).map(({ key, value }) => [key as Look, Number(value)]));
}

function findType(seen: Looks): SettledType {
  const count = (...kinds: Look[]) => kinds.reduce((sum, kind) => sum + (seen[kind] ?? 0), 0);
  const values = Object.values(seen).reduce((sum, each) => sum + each, 0);
  // As numbers they would lose their zeros or their last digits.
  if (values === 0 || count("padded", "long") > 0) return { type: "VARCHAR" };
  const candidates: readonly (readonly [string, number])[] = [
    ["BIGINT", count("whole", "wide")],
    ["DOUBLE", count("whole", "decimal", "fraction") > 0 ? count("whole", "decimal", "fraction", "special") : 0],
    ["BOOLEAN", count("truth")],
    ["DATE", count("date")],
    ["TIMESTAMP", count("instant") > 0 ? count("instant", "date") : 0],
    ["TIMESTAMPTZ", count("zoned")],
  ];
  const fits = candidates.find(([, fitting]) => fitting === values);
  const nearly = candidates.find(([, fitting]) => values >= enoughValues && values - fitting <= fewTexts * values);
  const [type, fitting] = fits ?? nearly ?? ["VARCHAR", values];
  return { type, found: { fitting, values } };
}

function refuseFraction(head: Head, name: string, index: number, type: string): never {
  const { line, value } = firstFraction(head, index) ?? {};
  const where = line === undefined ? head.shown : `${head.shown}:${line}`;
  return fail("E_CSV", `${where}: column "${name}": ${value === undefined ? "a fraction" : JSON.stringify(value)} is not ${withArticle(type)}`, {
    place: { file: head.shown, ...(line === undefined ? {} : { line }) },
    remedy: `correct the value, or read it with { columns: { ${name}: "DOUBLE" } }`,
  });
}

/** Looked for in the text itself, since DuckDB does not tell the line; not in files that are too large for one text. */
function firstFraction(head: Head, index: number): { line: number; value: string } | undefined {
  if (statSync(head.file).size > largestText) return undefined;
  const bytes = readFileSync(head.file);
  const all = records(textOf(head.packed ? gunzipSync(bytes) : bytes, head.encoding), head.delimiter);
  if (head.header) all.next();
  for (const { line, fields } of all) {
    const value = fields[index] ?? "";
    if (value.trim() !== "" && Number.isFinite(Number(value)) && !Number.isInteger(Number(value))) return { line, value };
  }
  return undefined;
}

export function withArticle(type: string): string {
  return `${/^[AEIOU]/i.test(type) && !/^U/i.test(type) ? "an" : "a"} ${type}`;
}
