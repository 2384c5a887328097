import { fail } from "../errors.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import { Query } from "./query.ts";
import { sqlPart, sqlPieces, toPieces, type Piece, type SqlPart } from "./render.ts";

/**
 * A DuckDB query. It runs when it is awaited, and gives a {@link Table}:
 *
 * ```ts
 * const benign = sql`SELECT * FROM ${dataset} WHERE diagnosis = ${"B"}`;   // not run
 * export const small = await sql`SELECT * FROM ${benign} WHERE area < ${500}`; // one query, run
 * ```
 *
 * `${…}` takes a Table, a query (as a subquery), `sql.id(…)` and lists of them, and values: string, number,
 * boolean, null, bigint, Date (TIMESTAMP, UTC), Uint8Array (BLOB), arrays (LIST: `WHERE k IN ${[1, 2]}`). Values are
 * bound, never pasted, so quotes in them are harmless. Files that it names are noted as read by the step.
 * Statements that are not queries (`CREATE TABLE …`, `COPY … TO 'out.csv'`) run when awaited as well.
 *
 * A backslash is written twice, as in every template: `'\\d+'`; one that the template would take away is refused.
 *
 * Row order is that of the query; with the default of one thread it is the same in every run. Whole numbers beyond
 * 64 bits (the type of `sum(integer)`) are stored as BIGINT.
 *
 * @typeParam Row the columns, as {@link Table.rows} gives them
 * @throws E_SQL with line, column and the line itself; E_FILE for a file that is not there
 */
export function sql<Row = Record<string, unknown>>(strings: TemplateStringsArray, ...values: unknown[]): Query<Row> {
  const written: { stack?: string } = {};
  Error.captureStackTrace(written, sql);
  return new Query<Row>(toPieces(strings, values), written);
}

/** A quoted identifier: `sql.id("area")` is `"area"`, `sql.id("t", "area")` is `"t"."area"`. A list of them is joined with commas. */
sql.id = (...names: string[]): SqlPart => {
  if (names.length === 0 || names.some((name) => typeof name !== "string" || name === "")) {
    return fail("E_SQL", `sql.id(${names.map((name) => JSON.stringify(name)).join(", ")}): a name is missing`, {
      remedy: 'write sql.id("column")',
    });
  }
  return sqlPart([{ kind: "text", text: names.map(quoteIdentifier).join(".") }]);
};

/**
 * Pieces of SQL in a row: sql.join(features.map((name) => sql`avg(${sql.id(name)})`)).
 * @param between stands between them, as it is; `, ` by default
 */
sql.join = (parts: readonly SqlPart[], between = ", "): SqlPart => {
  const pieces = parts.map((part, index): readonly Piece[] => {
    return (
      sqlPieces(part)?.pieces ?? fail("E_SQL", `sql.join: item ${index + 1} is not SQL`, { remedy: "make it with sql`…` or sql.id(…)" })
    );
  });
  return sqlPart([{ kind: "row", pieces, between }]);
};

/** Text that goes into the SQL as it is. Never for what a user typed. */
sql.raw = (text: string): SqlPart => sqlPart([{ kind: "text", text }]);
