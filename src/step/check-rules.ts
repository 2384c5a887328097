import { fail } from "../errors.ts";
import type { Column } from "../model.ts";
import { nearest } from "../nearest.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import { literal, toParam } from "./bind.ts";
import type { Query } from "./query.ts";
import { renderLiterally, sqlPieces } from "./render.ts";

type Name<Row> = keyof Row & string;

/** What must hold of a table. NULL passes all rules but `notNull` (and `that`, where it makes the condition false). */
export interface CheckRules<Row = Record<string, unknown>> {
  /** Columns without a missing value: NULL, and NaN in DOUBLE and FLOAT, which are counted apart. */
  readonly notNull?: readonly Name<Row>[];
  /** Columns whose values occur once; a list in the list: columns that do so together. */
  readonly unique?: readonly (Name<Row> | readonly Name<Row>[])[];
  /** Column → the only values allowed. */
  readonly accepted?: { readonly [K in Name<Row>]?: readonly Row[K][] };
  /** Column → `[least, greatest]`, both allowed; null for an open end. NaN is never inside. */
  readonly range?: { readonly [K in Name<Row>]?: readonly [least: Bound | null, greatest: Bound | null] };
  /** How many rows there are: exactly, or `[least, greatest]`. */
  readonly rows?: number | readonly [least: number | null, greatest: number | null];
  /** Name → a condition that is true of every row: { "worst is larger": sql`area_worst >= area_mean` }. */
  readonly that?: Readonly<Record<string, Query<never> | Query>>;
  /** "fail" (the default) ends the step; "warn" goes on. */
  readonly severity?: "fail" | "warn";
  /** What the table is called in messages. */
  readonly name?: string;
}

type Bound = number | bigint | string | Date;

/** A rule as DuckDB counts it: by a condition on the row, by a key, or counted already. */
export interface PlannedRule {
  /** In words, such as `id is not NULL`. */
  readonly rule: string;
  /** The condition of a row that breaks it. */
  readonly failing?: string;
  /** The columns that are unique together, and the condition that none of them is NULL. */
  readonly key?: string;
  readonly keyed?: string;
  /** How many rows break it, where that is known. */
  readonly count?: number;
}

/** @throws E_USAGE for a column that the table does not have */
export function planRules(rules: CheckRules, schema: readonly Column[], rows: number): PlannedRule[] {
  const column = columnFinder(schema);
  const known = ["notNull", "unique", "accepted", "range", "rows", "that", "severity", "name"];
  for (const key of Object.keys(rules))
    if (!known.includes(key)) fail("E_USAGE", `check: there is no rule "${key}"`, { remedy: nearest(key, known) });
  return [
    ...(rules.rows === undefined ? [] : [rowCount(rules.rows, rows)]),
    ...(rules.notNull ?? []).flatMap((name) => notNull(name, column)),
    ...(rules.unique ?? []).map((names) => unique(typeof names === "string" ? [names] : names, column)),
    ...Object.entries(rules.accepted ?? {}).map(([name, values]) => accepted(name, values ?? [], column)),
    ...Object.entries(rules.range ?? {}).map(([name, range]) => inRange(name, range!, column)),
    ...Object.entries(rules.that ?? {}).map(([name, condition]) => that(name, condition)),
  ];
}

type Finder = (name: string) => { quoted: string; type: string };

function columnFinder(schema: readonly Column[]): Finder {
  return (name) => {
    const found = schema.find((column) => column.name === name);
    if (!found)
      return fail("E_USAGE", `check: the table has no column "${name}"`, {
        remedy: nearest(
          name,
          schema.map((column) => column.name),
        ),
      });
    return { quoted: quoteIdentifier(name), type: found.type };
  };
}

function rowCount(expected: NonNullable<CheckRules["rows"]>, rows: number): PlannedRule {
  const [least, greatest] = typeof expected === "number" ? [expected, expected] : expected;
  const holds = (least === null || rows >= least) && (greatest === null || rows <= greatest);
  const span = least === greatest ? String(least) : `${least ?? "any number"} to ${greatest ?? "any number"}`;
  return { rule: holds ? `rows ${span}` : `rows ${span}, and there are ${rows}`, count: holds ? 0 : 1 };
}

function notNull(name: string, column: Finder): PlannedRule[] {
  const { quoted, type } = column(name);
  const rule = { rule: `${name} is not NULL`, failing: `${quoted} IS NULL` };
  return canBeNaN(type) ? [rule, { rule: `${name} is not NaN`, failing: `isnan(${quoted})` }] : [rule];
}

const canBeNaN = (type: string) => /^(DOUBLE|FLOAT)$/.test(type);

function unique(names: readonly string[], column: Finder): PlannedRule {
  const quoted = names.map((name) => column(name).quoted);
  return {
    rule: `${names.join(" + ")} is unique`,
    key: quoted.join(", "),
    keyed: quoted.map((name) => `${name} IS NOT NULL`).join(" AND "),
  };
}

function accepted(name: string, values: readonly unknown[], column: Finder): PlannedRule {
  const { quoted } = column(name);
  if (values.length === 0) fail("E_USAGE", `check: accepted.${name} is empty`, { remedy: "list the values that are allowed" });
  // NULL passes anyway, and in the list it would let all else pass.
  const list = values.filter((value) => value !== null && value !== undefined).map((value) => literal(toParam(value, `accepted.${name}`)));
  return {
    rule: `${name} is one of ${values.map(show).join(", ")}`,
    failing: `${quoted} IS NOT NULL${list.length > 0 ? ` AND ${quoted} NOT IN (${list.join(", ")})` : ""}`,
  };
}

function inRange(name: string, [least, greatest]: readonly [unknown, unknown], column: Finder): PlannedRule {
  const { quoted, type } = column(name);
  // To DuckDB all numbers are less than it.
  if (Number.isNaN(least) || Number.isNaN(greatest))
    fail("E_USAGE", `check: a bound of range.${name} is NaN`, { remedy: "give a number, or null for an open end" });
  const outside = [
    ...(least === null ? [] : [`${quoted} < ${literal(toParam(least, `range.${name}`))}`]),
    ...(greatest === null ? [] : [`${quoted} > ${literal(toParam(greatest, `range.${name}`))}`]),
    // To DuckDB NaN is greater than all numbers.
    ...(canBeNaN(type) ? [`isnan(${quoted})`] : []),
  ];
  const words =
    least === null
      ? `at most ${show(greatest)}`
      : greatest === null
        ? `at least ${show(least)}`
        : `from ${show(least)} to ${show(greatest)}`;
  return { rule: `${name} is ${words}`, failing: outside.length > 0 ? `(${outside.join(" OR ")})` : "FALSE" };
}

function that(name: string, condition: unknown): PlannedRule {
  const part = sqlPieces(condition) ?? fail("E_USAGE", `check: that["${name}"] is not SQL`, { remedy: "write it as sql`a < b`" });
  return { rule: name, failing: `(${renderLiterally(part.pieces)}\n) IS NOT TRUE` };
}

function show(value: unknown): string {
  return value instanceof Date ? value.toISOString() : typeof value === "string" ? JSON.stringify(value) : String(value);
}
