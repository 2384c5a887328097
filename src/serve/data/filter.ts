import type { Column } from "../../model.ts";
import { quoteIdentifier } from "../../sql-quote.ts";

/** Types that have an order a person would ask for. */
const ordered = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)|DATE|TIME|TIMESTAMP(?: WITH TIME ZONE)?)$/;

/**
 * What is typed above a column as SQL: `>5`, `<=2`, `1..3`, `=x`, `!=x`, `null`, `!null`; anything else is part
 * of the text. Values are parameters; a value that the column's type has no word for finds nothing.
 */
export function filterSql(schema: readonly Column[], filters: ReadonlyMap<number, string>): { where: string; values: string[] } {
  const values: string[] = [];
  const clauses = [...filters].flatMap(([index, typed]) => {
    const column = schema[index];
    const wish = typed.trim();
    return column && wish !== "" ? [clause(column, wish, quoteIdentifier(column.name), (value) => `$${values.push(value)}`)] : [];
  });
  return { where: clauses.length > 0 ? ` WHERE ${clauses.join(" AND ")}` : "", values };
}

function clause({ type }: Column, wish: string, cell: string, hold: (value: string) => string): string {
  if (wish === "null") return `${cell} IS NULL`;
  if (wish === "!null") return `${cell} IS NOT NULL`;
  const as = (value: string) => (ordered.test(type) ? `TRY_CAST(${hold(value.trim())} AS ${type})` : hold(value.trim()));
  const side = ordered.test(type) ? cell : `${cell}::VARCHAR`;
  const range = ordered.test(type) ? /^(\S+)\s*\.\.\s*(\S+)$/.exec(wish) : null;
  if (range) return `${side} BETWEEN ${as(range[1]!)} AND ${as(range[2]!)}`;
  const compared = /^(<=|>=|!=|<|>|=)(.+)$/.exec(wish);
  if (compared) return `${side} ${compared[1]} ${as(compared[2]!)}`;
  if (ordered.test(type)) return `(${side} = ${as(wish)} OR starts_with(${cell}::VARCHAR, ${hold(wish)}))`;
  return `contains(lower(${cell}::VARCHAR), lower(${hold(wish)}))`;
}
