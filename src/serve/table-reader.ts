import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Column } from "../model.ts";
import { quoteIdentifier, quoteString } from "../sql-quote.ts";
import { duckdbApi } from "../step/duckdb-api.ts";
import { bins, type Distribution, distributionsOf } from "./data/distribution.ts";
import { filterSql } from "./data/filter.ts";
import { allRows, source } from "./data/table-sql.ts";

/** Which rows of a stored table are asked for. Columns go by their place, so that no name gets into SQL. */
export interface PageQuery {
  readonly offset: number;
  readonly limit: number;
  readonly sort: number | null;
  readonly descending: boolean;
  /** Column → what its cells must fulfil, such as `>5`, `1..3`, `=M` or part of a text. */
  readonly filters: ReadonlyMap<number, string>;
}

export interface TablePage {
  /** How many rows fulfil the filters. */
  readonly total: number;
  /** Cells as text; long ones cut. */
  readonly rows: readonly (readonly (string | null)[])[];
}

const longestCell = 300;

/**
 * Reads stored tables for the pages, and nothing else: its DuckDB sees the store's folder only, loads
 * no extension, and its settings are locked. All queries are made here; none comes from a page.
 */
export class TableReader {
  readonly #folder: string;
  readonly #distributions = new Map<string, Promise<readonly Distribution[]>>();
  #opened: Promise<DuckDBInstance> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async page(file: string, schema: readonly Column[], query: PageQuery): Promise<TablePage> {
    const { where, values } = filterSql(schema, query.filters);
    const from = `${source(file)}${where}`;
    const cells = schema.map(({ name }) => `left(${quoteIdentifier(name)}::VARCHAR, ${longestCell})`).join(", ");
    const column = query.sort === null ? undefined : schema[query.sort];
    // Among equal ones in the table's own order: else a row could be on two pages, and another on none.
    const order = column
      ? ` ORDER BY ${quoteIdentifier(column.name)} ${query.descending ? "DESC" : "ASC"} NULLS LAST, ${placeIn(schema)}`
      : "";
    return this.#use(async (connection) => {
      const rows = (await allRows(
        connection,
        `SELECT ${cells} ${from}${order} LIMIT ${Math.trunc(query.limit)} OFFSET ${Math.trunc(query.offset)}`,
        values,
      )) as (string | null)[][];
      const [counted] = await allRows(connection, `SELECT count(*) ${from}`, values);
      return { rows, total: Number(counted![0]) };
    });
  }

  /** Each column's distribution; of what is stored once and never changes, so it is reckoned once. */
  distributions(file: string, schema: readonly Column[]): Promise<readonly Distribution[]> {
    const known = this.#distributions.get(file);
    if (known) return known;
    const found = this.#use((connection) => distributionsOf(connection, source(file), schema));
    this.#distributions.set(file, found);
    found.catch(() => this.#distributions.delete(file));
    if (this.#distributions.size > 500) this.#distributions.delete(this.#distributions.keys().next().value!);
    return found;
  }

  /** How many cells of a column lie in each of equal parts of a range. */
  bins(file: string, column: Column, min: number, max: number): Promise<number[]> {
    return this.#use((connection) => bins(connection, source(file), column, min, max));
  }

  close(): void {
    void this.#opened?.then((instance) => instance.closeSync());
  }

  async #use<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    this.#opened ??= openLocked(this.#folder);
    const connection = await (await this.#opened).connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  }
}

/** A row's place in its file: DuckDB has it under a name that a column of the table takes from it; to count anew is slower. */
function placeIn(schema: readonly Column[]): string {
  return schema.some(({ name }) => name.toLowerCase() === "file_row_number") ? "row_number() OVER ()" : "file_row_number";
}

/** Exported for the test that tries to get out of it. */
export async function openLocked(folder: string): Promise<DuckDBInstance> {
  const { DuckDBInstance } = duckdbApi();
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "2",
    memory_limit: "1GiB",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  await connection.run(`SET GLOBAL allowed_directories = [${quoteString(`${folder}/`)}]`);
  await connection.run("SET GLOBAL enable_external_access = false");
  await connection.run("SET GLOBAL lock_configuration = true");
  connection.closeSync();
  return instance;
}
