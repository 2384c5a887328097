import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from "@duckdb/node-api";
import type { Column } from "../model.ts";
import { duckdbApi } from "../step/duckdb-api.ts";
import { filterSql } from "./data/filter.ts";

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

/** A column at a glance. */
export interface Distribution {
  readonly nulls: number;
  readonly distinct: number;
  /** Of a long table: about so many. */
  readonly estimated?: boolean;
  /** Numbers: how many lie in each of equal parts from min to max. */
  readonly bins?: readonly number[];
  readonly min?: string;
  readonly max?: string;
  readonly low?: number;
  readonly high?: number;
  /** Else: the most frequent values. */
  readonly top?: readonly { readonly value: string; readonly count: number }[];
}

const longestCell = 300;
const binCount = 20;
/** Distinct values of longer tables are estimated. */
const mostCounted = 100_000;
const isNumeric = (type: string) => /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\))$/.test(type);

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
    const { where, values } = filterSql(schema, query.filters, quote);
    const from = `FROM read_parquet(${text(file)}, hive_partitioning = false)${where}`;
    const cells = schema.map(({ name }) => `left(${quote(name)}::VARCHAR, ${longestCell})`).join(", ");
    const column = query.sort === null ? undefined : schema[query.sort];
    const order = column ? ` ORDER BY ${quote(column.name)} ${query.descending ? "DESC" : "ASC"} NULLS LAST` : "";
    return this.#use(async (connection) => {
      const rows = (await all(connection, `SELECT ${cells} ${from}${order} LIMIT ${Math.trunc(query.limit)} OFFSET ${Math.trunc(query.offset)}`, values)) as (string | null)[][];
      const [counted] = await all(connection, `SELECT count(*) ${from}`, values);
      return { rows, total: Number(counted![0]) };
    });
  }

  /** Each column's distribution; of what is stored once and never changes, so it is reckoned once. */
  distributions(file: string, schema: readonly Column[]): Promise<readonly Distribution[]> {
    const known = this.#distributions.get(file);
    if (known) return known;
    const found = this.#use((connection) => distributionsOf(connection, file, schema));
    this.#distributions.set(file, found);
    found.catch(() => this.#distributions.delete(file));
    if (this.#distributions.size > 500) this.#distributions.delete(this.#distributions.keys().next().value!);
    return found;
  }

  /** How many cells of a column lie in each of equal parts of a range. */
  bins(file: string, column: Column, min: number, max: number): Promise<number[]> {
    return this.#use((connection) => bins(connection, `FROM read_parquet(${text(file)}, hive_partitioning = false)`, column, min, max));
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
  await connection.run(`SET GLOBAL allowed_directories = [${text(`${folder}/`)}]`);
  await connection.run("SET GLOBAL enable_external_access = false");
  await connection.run("SET GLOBAL lock_configuration = true");
  connection.closeSync();
  return instance;
}

async function distributionsOf(connection: DuckDBConnection, file: string, schema: readonly Column[]): Promise<Distribution[]> {
  if (schema.length === 0) return [];
  const from = `FROM read_parquet(${text(file)}, hive_partitioning = false)`;
  const estimated = Number((await all(connection, `SELECT count(*) ${from}`, []))[0]![0]) > mostCounted;
  const measures = schema.flatMap(({ name, type }) => {
    const cell = quote(name);
    const finite = type === "DOUBLE" || type === "FLOAT" ? ` FILTER (isfinite(${cell}))` : "";
    const range = isNumeric(type) ? [`min(${cell})${finite}::DOUBLE`, `max(${cell})${finite}::DOUBLE`] : ["NULL", "NULL"];
    const distinct = estimated ? `least(approx_count_distinct(${cell}::VARCHAR), count(${cell}))` : `count(DISTINCT ${cell}::VARCHAR)`;
    return [`count(*) - count(${cell})`, distinct, ...range];
  });
  const [row] = await all(connection, `SELECT ${measures.join(", ")} ${from}`, []);
  const result: Distribution[] = [];
  for (const [index, column] of schema.entries()) {
    const [nulls, distinct, min, max] = row!.slice(index * 4, index * 4 + 4) as [bigint, bigint, number | null, number | null];
    const known = { nulls: Number(nulls), distinct: Number(distinct), ...(estimated ? { estimated } : {}) };
    if (min !== null && max !== null) result.push({ ...known, bins: await bins(connection, from, column, min, max), ...shownRange(min, max), low: min, high: max });
    else result.push({ ...known, top: await mostFrequent(connection, from, column) });
  }
  return result;
}

async function bins(connection: DuckDBConnection, from: string, { name }: Column, min: number, max: number): Promise<number[]> {
  const counts = new Array<number>(binCount).fill(0);
  const cell = `${quote(name)}::DOUBLE`;
  // Halves, since the whole range may be more than a double holds.
  const share = max > min ? `(${cell} / 2 - ${min} / 2) / (${max} / 2 - ${min} / 2)` : "0";
  const place = `least(${binCount - 1}, greatest(0, floor(${share} * ${binCount})))::INTEGER`;
  for (const [bin, count] of await all(connection, `SELECT ${place}, count(*) ${from} WHERE isfinite(${cell}) GROUP BY 1`, [])) counts[Number(bin)] = Number(count);
  return counts;
}

async function mostFrequent(connection: DuckDBConnection, from: string, { name }: Column): Promise<{ value: string; count: number }[]> {
  const whole = `SELECT ${quote(name)}::VARCHAR, count(*) ${from} WHERE ${quote(name)} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3`;
  const rows = await all(connection, `SELECT left(value, 40), count FROM (${whole}) AS frequent(value, count)`, []);
  return rows.map(([value, count]) => ({ value: String(value), count: Number(count) }));
}

/** In so many digits that it says what differs; whole numbers whole. */
function shownRange(min: number, max: number): { min: string; max: string } {
  const write = (value: number, digits: number) => (Number.isSafeInteger(value) ? String(value) : String(Number(value.toPrecision(digits))));
  let digits = 4;
  while (digits < 17 && min !== max && write(min, digits) === write(max, digits)) digits++;
  return { min: write(min, digits), max: write(max, digits) };
}

async function all(connection: DuckDBConnection, sql: string, values: readonly DuckDBValue[]): Promise<DuckDBValue[][]> {
  return (await connection.runAndReadAll(sql, [...values])).getRows();
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
