import type { Column } from "../model.ts";
import { quoteIdentifier } from "../sql-quote.ts";

/**
 * Parquet has no 128-bit integers: DuckDB would write them as DOUBLE and lose digits without a word.
 * As 64-bit they are exact, and what does not fit is an error. Of a TIMETZ the offset would be lost; as a text it is kept.
 */
export function exactType(type: string): string {
  return type.replaceAll(inexact, (found, unsigned?: string, isWhole?: string) =>
    isWhole !== undefined ? `${unsigned ?? ""}BIGINT` : /^["']/.test(found) ? found : "VARCHAR",
  );
}

/** What is quoted is a name, or a value of an ENUM; a name without quotes has its type behind it: `STRUCT(hugeint INTEGER)`. */
const inexact = /"(?:[^"]|"")*"|'(?:[^']|'')*'|(?<!\w)(?:(U?)(HUGEINT|INT128)|TIMETZ|TIME WITH TIME ZONE)(?=\s*(?:$|[[\],)(]))/gi;

/** What stands before and after a query whose columns Parquet cannot hold as they are. */
export function exactColumns(columns: readonly Column[]): [string, string] {
  if (columns.every(({ type }) => exactType(type) === type)) return ["", ""];
  const names = columns.map((_, index) => quoteIdentifier(`c${index}`));
  const selected = columns.map(({ name, type }, index) => {
    const source = exactType(type) !== type ? `CAST(${names[index]} AS ${exactType(type)})` : names[index]!;
    return `${source} AS ${quoteIdentifier(name)}`;
  });
  return [`SELECT ${selected.join(", ")} FROM (\n`, `\n) AS exact(${names.join(", ")})`];
}
