import { fail } from "../errors.ts";
import { materialise, readRows } from "./materialise.ts";
import { placeOf } from "./place.ts";
import { piecesKey, render, type Piece, type SqlPart } from "./render.ts";
import type { Table } from "./table.ts";

/**
 * SQL that has not run. `await` runs it and gives a {@link Table}; interpolated into another query it becomes
 * a subquery, so that DuckDB plans both as one.
 */
export class Query<Row = Record<string, unknown>> implements PromiseLike<Table<Row>>, SqlPart {
  readonly [piecesKey]: readonly Piece[];
  readonly #written: { stack?: string };
  #table: Promise<Table<Row>> | undefined;

  constructor(pieces: readonly Piece[], written: { stack?: string }) {
    this[piecesKey] = pieces;
    this.#written = written;
  }

  /** The SQL with `$1`, `$2`, … for the values, for the eye. */
  get text(): string {
    return render(this[piecesKey]).text;
  }

  /** Runs the query once, however often it is awaited. @throws E_SQL with line, column and caret */
  then<A = Table<Row>, B = never>(
    resolve?: ((table: Table<Row>) => A | PromiseLike<A>) | null,
    reject?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#table ??= materialise<Row>(render(this[piecesKey]), () => placeOf(this.#written.stack));
    return this.#table.then(resolve, reject);
  }

  /**
   * Runs the query and gives its rows as objects, with no table in between; values as in {@link Table.rows}.
   * @example const [{ n }] = await sql<{ n: number }>`SELECT count(*) AS n FROM ${dataset}`.rows();
   */
  rows(): Promise<Row[]> {
    return readRows<Row>(render(this[piecesKey]), () => placeOf(this.#written.stack));
  }

  /** The first row. @throws E_SQL where there is none */
  async first(): Promise<Row> {
    const [row] = await this.rows();
    return row ?? fail("E_SQL", `SQL: no row\n${this.text}`, { remedy: "rows() gives an empty list instead" });
  }
}
