import type { Column } from "../model.ts";
import { quoteIdentifier } from "../sql-quote.ts";

/**
 * Parquet has no 128-bit integers: DuckDB would write them as DOUBLE and lose digits without a word.
 * As 64-bit they are exact, and what does not fit is an error. Of a TIMETZ the offset would be lost; as a text it is kept.
 */
export function exactType(type: string): string {
  const of64Bits = type.replaceAll(/(?<![\w"])(U?)(?:HUGEINT|INT128)(?![\w"])/gi, "$1BIGINT");
  return of64Bits.replaceAll(/(?<![\w"])(?:TIMETZ|TIME WITH TIME ZONE)(?![\w"])/gi, "VARCHAR");
}

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
