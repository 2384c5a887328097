import { gunzipSync } from "node:zlib";
import { fail } from "../errors.ts";
import { quoteString } from "../sql-quote.ts";
import { textOf } from "./csv-bytes.ts";
import type { Head } from "./csv-head.ts";
import { dropRejects, readerSql, rejectTables, valuesSql } from "./csv-reader.ts";
import { records } from "./csv-records.ts";
import type { Engine } from "./duckdb.ts";
import { fractionDigits, isDate, isDecimal, isLocal, isTime, isWhole, isZoned, moreDigits } from "./fraction-digits.ts";
import { here } from "./here.ts";
import { readFileSync, statSync } from "./quiet-fs.ts";

/** A column of a type that may lose something. */
interface Losing {
  readonly name: string;
  readonly index: number;
  readonly type: string;
}

const largestText = 256 * 1024 * 1024;

/**
 * DuckDB rounds 1.5 to a whole 2, and cuts off a day whatever follows it, without a word.
 * @param types of the columns, in their order; undefined where nothing can be lost
 * @throws E_CSV with the first value of which its type would lose something
 */
export async function refuseLoss(engine: Engine, head: Head, types: readonly (string | undefined)[]): Promise<void> {
  const losing = head.names.flatMap((name, index): Losing[] => {
    const type = types[index];
    return type === undefined || loses(type) === undefined ? [] : [{ name, index, type }];
  });
  if (losing.length === 0) return;
  const cases = [...new Set(losing.map(({ type }) => type))].map((type) => {
    const names = losing.filter((each) => each.type === type).map(({ name }) => quoteString(name));
    return `WHEN stepbook_name IN (${names.join(", ")}) THEN ${loses(type)}`;
  });
  const rejects = rejectTables(here());
  const reader = readerSql(
    head,
    head.names.map(() => "VARCHAR"),
    rejects,
  );
  const result = await engine.connection.run(
    `FROM ${valuesSql(
      losing.map(({ name }) => name),
      reader,
    )} WHERE CASE ${cases.join(" ")} END LIMIT 1`,
  );
  const [first] = (await result.getRows()) as [string, string][];
  await dropRejects(engine, rejects);
  if (first)
    refuse(
      head,
      losing.find(({ name }) => name === first[0])!,
      first[1],
    );
}

/** A value, as `valuesSql` gives it. */
const text = "stepbook_value";

/** The condition under which a value is more than the type holds; undefined for types that say so themselves, or hold all. */
function loses(type: string): string | undefined {
  const lost = losesWhenOther(type);
  // Most are as DuckDB writes them, which is told fast.
  return lost && `CASE WHEN ${text} = TRY_CAST(${text} AS ${type})::VARCHAR THEN false ELSE ${lost} END`;
}

function losesWhenOther(type: string): string | undefined {
  if (isDate(type))
    return `TRY_CAST(${text} AS TIMESTAMPTZ) IS DISTINCT FROM TRY_CAST(TRY_CAST(${text} AS DATE) AS TIMESTAMPTZ) AND TRY_CAST(${text} AS DATE) IS NOT NULL`;
  const digits = fractionDigits(type);
  if (digits === undefined) return undefined;
  const more = `regexp_matches(${text}, ${quoteString(moreDigits(digits))})`;
  // Of a value that is no instant DuckDB's reader makes NULL, for this type alone.
  if (isZoned(type)) return `${more} OR TRY_CAST(${text} AS TIMESTAMPTZ) IS NULL`;
  // An offset would be left out.
  if (isTime(type)) return `${more} OR regexp_matches(${text}, '[0-9] *[+-]')`;
  if (isLocal(type)) return `${more} OR TRY_CAST(${text} AS TIMESTAMPTZ) <> TRY_CAST(TRY_CAST(${text} AS TIMESTAMP) AS TIMESTAMPTZ)`;
  if (!isWhole(type) && !isDecimal(type)) return more;
  // With an exponent the digits do not tell.
  return `if(contains(lower(${text}), 'e'), TRY_CAST(${text} AS DOUBLE) <> TRY_CAST(TRY_CAST(${text} AS ${type}) AS DOUBLE), ${more})`;
}

function refuse(head: Head, { name, index, type }: Losing, value: string): never {
  const line = lineOf(head, index, value);
  const where = line === undefined ? head.shown : `${head.shown}:${line}`;
  const isOther = isZoned(type) && !new RegExp(moreDigits(fractionDigits(type)!)).test(value);
  const what = isWhole(type) || isOther ? `is not ${withArticle(type)}` : `is more than ${withArticle(type)} holds`;
  const missing = isOther ? `; if it means missing, { nullStrings: [${JSON.stringify(value)}] }` : "";
  return fail("E_CSV", `${where}: column "${name}": ${JSON.stringify(value)} ${what}`, {
    place: { file: head.shown, ...(line === undefined ? {} : { line }) },
    remedy: `correct the value${missing}, or read it with { columns: { ${name}: "${wider(type, value)}" } }`,
  });
}

function wider(type: string, value: string): string {
  if (isWhole(type)) return "DOUBLE";
  if (isDecimal(type)) return `DECIMAL(38, ${value.split(".")[1]?.length ?? 18})`;
  if (/:.*[+-]/.test(value) && (isDate(type) || isLocal(type))) return "TIMESTAMPTZ";
  if (isDate(type)) return value.includes(":") ? "TIMESTAMP" : "VARCHAR";
  return isLocal(type) && !/_NS$/i.test(type.trim()) ? "TIMESTAMP_NS" : "VARCHAR";
}

/** The line of a value, looked for in the text itself, since DuckDB does not tell it; not in files that are too large for one text. */
function lineOf(head: Head, index: number, value: string): number | undefined {
  if (statSync(head.file).size > largestText) return undefined;
  const bytes = readFileSync(head.file);
  const all = records(textOf(head.packed ? gunzipSync(bytes) : bytes, head.encoding), head.delimiter);
  if (head.header) all.next();
  for (const { line, fields } of all) if (fields[index] === value) return line;
  return undefined;
}

export function withArticle(type: string): string {
  return `${/^[AEIOU]/i.test(type) && !/^U/i.test(type) ? "an" : "a"} ${type}`;
}
