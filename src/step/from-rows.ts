import { types as is } from "node:util";
import type * as Duck from "@duckdb/node-api";
import { fail } from "../errors.ts";
import { quoteIdentifier, quoteString } from "../sql-quote.ts";
import { duckdb, type Engine } from "./duckdb.ts";
import { feed, type FedColumn } from "./feed.ts";
import { here } from "./here.ts";
import { kindOf, merge, toDuck, typeOf, type Kind } from "./kinds.ts";
import { exactType, opened, stagedFile } from "./materialise.ts";
import { sqlError } from "./sqlerror.ts";
import { Table } from "./table.ts";
import { putNumbers } from "./vectors.ts";

/** Rows as objects, or columns as arrays or typed arrays. */
export type TableData = readonly object[] | Readonly<Record<string, ArrayLike<unknown>>>;

/** What a row of the data is: its columns' items. */
type RowOf<Data> = Data extends readonly (infer Row)[] ? Row : { [Name in keyof Data]: Data[Name] extends ArrayLike<infer Item> ? Item : unknown };

interface Source {
  readonly name: string;
  readonly length: number;
  readonly at: (row: number) => unknown;
  readonly typed?: NodeJS.TypedArray;
}

/**
 * A table of rows or columns made in JavaScript.
 *
 * ```ts
 * export const scores = await table([{ k: 1, accuracy: 0.93 }, { k: 3, accuracy: 0.96 }]);
 * export const points = await table({ x: new Float64Array(n), label: labels });
 * ```
 *
 * Types are those of the values: number DOUBLE (INTEGER where all are whole and fit 32 bits), bigint BIGINT, string VARCHAR,
 * boolean BOOLEAN, Date TIMESTAMP, Uint8Array BLOB, arrays LIST, objects STRUCT; a typed array has its own. null and
 * undefined are NULL.
 *
 * @param schema column → DuckDB type, for those that are to be of another type; needed where there are no rows
 * @throws E_UNSTORABLE naming row and column for a value that no column can hold
 */
export async function table<const Data extends TableData>(data: Data, schema: Readonly<Record<string, string>> = {}): Promise<Table<RowOf<Data>>> {
  const sources = withSchema(Array.isArray(data) ? rowSources(data as readonly object[]) : columnSources(data as Record<string, ArrayLike<unknown>>), schema);
  if (sources.length === 0) fail("E_USAGE", "table: no rows, so no columns", { remedy: 'give a schema as well: table(rows, { id: "INTEGER" })' });
  const engine = await duckdb();
  const kinds = sources.map(kindOfColumn);
  return engine.exclusive(async () => new Table<RowOf<Data>>(await write(engine, sources, kinds, schema)));
}

function rowSources(rows: readonly object[]): Source[] {
  const names = new Set<string>();
  rows.forEach((row, index) => {
    if (typeof row !== "object" || row === null || Array.isArray(row)) fail("E_UNSTORABLE", `table: row ${index + 1} is no object`, { remedy: "give rows as { column: value }" });
    for (const name of Object.keys(row)) names.add(name);
  });
  return [...names].map((name) => ({ name, length: rows.length, at: (row) => (rows[row] as Record<string, unknown>)[name] }));
}

function columnSources(columns: Readonly<Record<string, ArrayLike<unknown>>>): Source[] {
  const sources = Object.entries(columns).map(([name, items]): Source => {
    if (typeof items?.length !== "number" || typeof items === "string") fail("E_UNSTORABLE", `table: column "${name}" is no array`, { remedy: "give columns as arrays or typed arrays" });
    return { name, length: items.length, at: (row) => items[row], ...(is.isTypedArray(items) ? { typed: items } : {}) };
  });
  const odd = sources.find(({ length }) => length !== sources[0]!.length);
  if (odd) fail("E_UNSTORABLE", `table: column "${odd.name}" has ${odd.length} values and "${sources[0]!.name}" ${sources[0]!.length}`, { remedy: "columns are equally long" });
  return sources;
}

function withSchema(sources: Source[], schema: Readonly<Record<string, string>>): Source[] {
  const length = sources[0]?.length ?? 0;
  const missing = Object.keys(schema).filter((name) => !sources.some((source) => source.name === name));
  return [...sources, ...missing.map((name): Source => ({ name, length, at: () => null }))];
}

function kindOfColumn({ name, length, at, typed }: Source): Kind {
  if (typed) return typeOf(typed);
  let kind: Kind = "null";
  for (let row = 0; row < length; row++) {
    const where = () => `table: row ${row + 1}, column "${name}"`;
    kind = merge(kind, kindOf(at(row), where), where);
  }
  return kind;
}

async function write(engine: Engine, sources: readonly Source[], kinds: readonly Kind[], schema: Readonly<Record<string, string>>) {
  const rows = sources[0]!.length;
  const selected = sources.map(({ name }, index) => `${cast(`c${index}`, schema[name])} AS ${quoteIdentifier(name)}`);
  const file = stagedFile(here(), "rows", "parquet");
  const text = `COPY (SELECT ${selected.join(", ")} FROM stepbook_rows()) TO ${quoteString(file)} (FORMAT parquet, COMPRESSION zstd)`;
  const columns = sources.map((source, index) => fedColumn(engine.api, source, kinds[index]!));
  await feed(engine, columns, rows, () => engine.connection.run(text).catch((thrown: unknown) => sqlError(thrown, { text, start: 0, length: text.length })));
  return opened(engine, here(), file, rows);
}

function cast(column: string, type: string | undefined): string {
  return type === undefined ? column : `CAST(${column} AS ${exactType(type)})`;
}

function fedColumn(api: typeof Duck, { at, typed }: Source, kind: Kind): FedColumn {
  const { type, convert } = toDuck(api, kind);
  const fill: FedColumn["fill"] = (vector, start, length) => {
    if (typed && putNumbers(vector, typed.subarray(start, start + length))) return;
    for (let row = 0; row < length; row++) vector.setItem(row, convert(at(start + row)));
    vector.flush();
  };
  return { type, fill };
}
