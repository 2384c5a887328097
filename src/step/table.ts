import { fail } from "../errors.ts";
import type { Column, MimeBundle } from "../model.ts";
import { nearest } from "../nearest.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import { tableBrand, type TableInfo } from "../store/brand.ts";
import { readColumns, type ColumnOf } from "./columns.ts";
import { here } from "./here.ts";
import { previewTable } from "./preview.ts";
import { openReader, type Reader } from "./reader.ts";
import { scan } from "./render.ts";
import { sqlError } from "./sqlerror.ts";
import { ownFiles } from "./sqlreads.ts";
import { rowMaker, rowsOf } from "./values.ts";

/** Which rows: `offset` rows are left out, then at most `limit` are given. */
export interface Slice {
  readonly limit?: number;
  readonly offset?: number;
}

/**
 * Rows in a Parquet file. A table is read when it is asked, never whole unless asked so; it goes into SQL as
 * `FROM ${table}` and across an edge by its file. Made by `await sql`, `csv`, `parquet` and `table`.
 *
 * Values of rows: integers are numbers (beyond 2^53 bigint), decimals the nearest number (those without digits after
 * the point as integers), DATE and TIMESTAMP are Dates in UTC, LIST an array, STRUCT an object, MAP a Map, BLOB a
 * Uint8Array, NULL null.
 *
 * @typeParam Row a row as {@link Table.rows} gives it; the engine does not check it (`check` does)
 */
export class Table<Row = Record<string, unknown>> {
  /** Columns in order, with their DuckDB types. */
  readonly schema: readonly Column[];
  /** Number of rows. */
  readonly count: number;
  readonly [tableBrand]: TableInfo;

  /** For the engine: tables are made by `sql`, `csv`, `parquet` and `table`. */
  constructor(info: TableInfo) {
    this.schema = Object.freeze(info.schema.map((column) => Object.freeze({ ...column })));
    this.count = info.rows;
    this[tableBrand] = Object.freeze({ ...info, schema: this.schema });
    ownFiles(here()).add(info.file);
    Object.freeze(this);
  }

  /**
   * Rows as objects, in the order of the file.
   * @example for (const { id, area } of await train.rows({ limit: 100 })) …
   */
  async rows({ limit, offset }: Slice = {}): Promise<Row[]> {
    const clause = [
      ["LIMIT", limit],
      ["OFFSET", offset],
    ].map(([word, n]) => (n === undefined ? "" : ` ${word} ${wholeNumber(word as string, n as number)}`));
    return this.#read(async ({ api, connection }) => rowsOf<Row>(api, await connection.run(`${this.#scan()}${clause.join("")}`)));
  }

  /** The first rows, 10 by default. */
  head(n = 10): Promise<Row[]> {
    return this.rows({ limit: n });
  }

  /**
   * One column as an array of its kind: DOUBLE a Float64Array, FLOAT a Float32Array, integers up to 32 bits the
   * typed array of that width, BIGINT a Float64Array (a BigInt64Array where a value is beyond 2^53), VARCHAR and all
   * else a plain array. A column with a NULL in it is a plain array of the values that {@link Table.rows} gives, null
   * among them.
   * @example const area = await train.column("area"); // Float64Array
   */
  async column<Name extends keyof Row & string>(name: Name): Promise<ColumnOf<Row[Name]>> {
    return (await this.columns(name))[name];
  }

  /**
   * Columns by name, each as {@link Table.column} gives it; all of them where none is named.
   * @example const { area, diagnosis } = await train.columns("area", "diagnosis");
   */
  async columns<Name extends keyof Row & string>(...names: Name[]): Promise<{ [K in Name]: ColumnOf<Row[K]> }> {
    const chosen = names.length === 0 ? this.schema.map(({ name }) => name) : names;
    for (const name of chosen) this.#mustHave(name);
    const selected = [...new Set<string>(chosen)].map((name) => quoteIdentifier(name)).join(", ");
    const columns = await this.#read(async ({ api, connection }) => {
      return readColumns(api, await connection.stream(`SELECT ${selected} ${this.#scan()}`), this.count);
    });
    return columns as { [K in Name]: ColumnOf<Row[K]> };
  }

  /**
   * The rows in batches of `size` (the last may be smaller), read as they are asked for, so that no more than a
   * batch and a chunk of DuckDB are in memory.
   * @example for await (const rows of big.batches(10_000)) …
   */
  async *batches(size = 10_000): AsyncGenerator<Row[], void, undefined> {
    if (wholeNumber("batches: size", size) === 0)
      fail("E_USAGE", "batches(0): a batch has at least one row", { remedy: "leave the size out for 10 000" });
    const reader = await openReader();
    try {
      const result = await reader.connection.stream(this.#scan());
      const make = rowMaker(reader.api, result);
      let batch: Row[] = [];
      for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
        for (const row of make(chunk)) {
          batch.push(row as Row);
          if (batch.length === size) yield batch.splice(0);
        }
      }
      if (batch.length > 0) yield batch;
    } catch (thrown) {
      readError(thrown);
    } finally {
      await reader.close();
    }
  }

  /** Shape, head and types as HTML and as text: what a notebook shows. */
  async [Symbol.for("Jupyter.display")](): Promise<MimeBundle> {
    return previewTable(this.schema, this.count, (await this.head(10)) as Record<string, unknown>[]);
  }

  #scan(): string {
    return `FROM ${scan(this[tableBrand].file)}`;
  }

  async #read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    const reader = await openReader();
    try {
      return await work(reader);
    } catch (thrown) {
      return readError(thrown);
    } finally {
      await reader.close();
    }
  }

  #mustHave(name: string): void {
    const names = this.schema.map((column) => column.name);
    if (!names.includes(name)) fail("E_SQL", `the table has no column "${name}"`, { remedy: nearest(name, names) });
  }
}

function readError(thrown: unknown): never {
  return sqlError(thrown, { text: "", start: 0, length: 0 });
}

function wholeNumber(what: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0)
    fail("E_USAGE", `${what} is ${String(value)}, not a whole number from 0`, { remedy: "give a whole number" });
  return value;
}
