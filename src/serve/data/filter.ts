import type { Column } from "../../model.ts";
import { quoteIdentifier } from "../../sql-quote.ts";

/** Types that have an order a person would ask for. */
const ordered = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)|DATE|TIME|TIMESTAMP(?: WITH TIME ZONE)?)$/;

/** Types whose casts round: 2.5 becomes a whole number. */
const rounding = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DECIMAL\(\d+,\d+\))$/;

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
  const compare = (sign: string, value: string) => comparison(type, cell, sign, hold(value.trim()));
  const range = ordered.test(type) ? /^(\S+)\s*\.\.\s*(\S+)$/.exec(wish) : null;
  if (range) return `${compare(">=", range[1]!)} AND ${compare("<=", range[2]!)}`;
  const compared = /^(<=|>=|!=|<|>|=)(.+)$/.exec(wish);
  if (compared) return compare(compared[1]!, compared[2]!);
  if (ordered.test(type)) return `(${compare("=", wish)} OR starts_with(${cell}::VARCHAR, ${hold(wish)}))`;
  return `contains(lower(${cell}::VARCHAR), lower(${hold(wish)}))`;
}

/**
 * As the column's type where that says the value exactly, so that large numbers are told apart; else as a double,
 * which holds 2.5 and what is beyond the type.
 */
function comparison(type: string, cell: string, sign: string, value: string): string {
  if (!ordered.test(type)) return `${cell}::VARCHAR ${sign} ${value}`;
  const exact = `${cell} ${sign} TRY_CAST(${value} AS ${type})`;
  if (!rounding.test(type)) return exact;
  return `CASE WHEN TRY_CAST(${value} AS ${type})::DOUBLE = TRY_CAST(${value} AS DOUBLE) THEN ${exact} ELSE ${cell}::DOUBLE ${sign} TRY_CAST(${value} AS DOUBLE) END`;
}
