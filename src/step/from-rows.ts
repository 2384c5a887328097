import type * as Duck from "@duckdb/node-api";
import { fail } from "../errors.ts";
import { quoteIdentifier, quoteString } from "../sql-quote.ts";
import { duckdb, type Engine } from "./duckdb.ts";
import { exactType } from "./exact.ts";
import { feed, type FedColumn } from "./feed.ts";
import { here } from "./here.ts";
import { kindOf, merge, toDuck, typeOf, type Kind } from "./kinds.ts";
import { opened, stagedFile } from "./materialise.ts";
import { refuseValue, sourcesOf, type Source } from "./sources.ts";
import type { TableData } from "./table-data.ts";
import { sqlError } from "./sqlerror.ts";
import { Table } from "./table.ts";
import { putNumbers } from "./vectors.ts";

/** What a row of the data is: its columns' items. */
type RowOf<Data> = Data extends readonly (infer Row)[]
  ? Row
  : { [Name in keyof Data]: Data[Name] extends ArrayLike<infer Item> ? Item : unknown };

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
 * @throws E_UNSTORABLE naming row and column for a value that no column can hold, or that its type in the schema does not hold exactly
 */
export async function table<const Data extends TableData>(
  data: Data,
  schema: Readonly<Record<string, string>> = {},
): Promise<Table<RowOf<Data>>> {
  const sources = sourcesOf(data, schema);
  const engine = await duckdb();
  const kinds = sources.map((source) => kindFor(kindOfColumn(source), typeIn(schema, source.name)));
  return engine.exclusive(async () => new Table<RowOf<Data>>(await write(engine, sources, kinds, schema)));
}

function kindOfColumn({ name, length, at, typed }: Source): Kind {
  if (typed) return typeOf(typed, () => `table: column "${name}"`);
  let kind: Kind = "null";
  for (let row = 0; row < length; row++) {
    const where = () => `table: row ${row + 1}, column "${name}"`;
    kind = merge(kind, kindOf(at(row), where), where);
  }
  return kind;
}

async function write(engine: Engine, sources: readonly Source[], kinds: readonly Kind[], schema: Readonly<Record<string, string>>) {
  const rows = sources[0]!.length;
  const selected = sources.map(({ name }, index) => `${cast(`c${index}`, typeIn(schema, name))} AS ${quoteIdentifier(name)}`);
  const file = stagedFile(here(), "rows", "parquet");
  const text = `COPY (SELECT ${selected.join(", ")} FROM stepbook_rows()) TO ${quoteString(file)} (FORMAT parquet, COMPRESSION zstd)`;
  const columns = sources.map((source, index) => fedColumn(engine.api, source, kinds[index]!));
  await feed(engine, columns, rows, () =>
    engine.connection.run(text).catch(async (thrown: unknown) => {
      await refuseCast(engine, sources, columns, schema, thrown);
      return sqlError(thrown, { text, start: 0, length: text.length });
    }),
  );
  return opened(engine, here(), file, rows);
}

/** @throws E_UNSTORABLE with the first value that its type in the schema does not take; E_USAGE for a type that is none */
async function refuseCast(
  engine: Engine,
  sources: readonly Source[],
  columns: readonly FedColumn[],
  schema: Readonly<Record<string, string>>,
  thrown: unknown,
): Promise<void> {
  const unknown = /Type with name (\S+) does not exist/.exec(thrown instanceof Error ? thrown.message : "")?.[1];
  if (unknown !== undefined)
    fail(
      "E_USAGE",
      `table: the schema names a type that DuckDB does not know: ${unknown}`,
      { remedy: "such as INTEGER, DOUBLE, VARCHAR, DATE, DECIMAL(10, 2)" },
      thrown,
    );
  for (const [index, source] of sources.entries()) {
    const type = typeIn(schema, source.name);
    if (type === undefined) continue;
    const numbered = "SELECT row_number() OVER () AS n, c0 FROM stepbook_rows()";
    const text = `SELECT n FROM (${numbered}) WHERE c0 IS NOT NULL AND TRY_CAST(c0 AS ${exactType(type)}) IS NULL LIMIT 1`;
    // What cannot be looked for is told as DuckDB says it.
    const found = await feed(engine, [columns[index]!], source.length, () => engine.connection.runAndReadAll(text)).catch(() => undefined);
    const row = found?.getRows()[0]?.[0];
    if (row !== undefined) refuseValue(source, Number(row) - 1, type);
  }
}

const typeIn = (schema: Readonly<Record<string, string>>, name: string) => (Object.hasOwn(schema, name) ? schema[name] : undefined);

/** Large whole numbers are DOUBLE, of which a text would be `3000000000.0`. */
const kindFor = (kind: Kind, type: string | undefined): Kind => (kind === "whole" && type !== undefined ? "BIGINT" : kind);

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
