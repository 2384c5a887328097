import path from "node:path";
import type * as Duck from "@duckdb/node-api";
import { fail } from "../errors.ts";
import type { Column, Place } from "../model.ts";
import { quoteIdentifier, quoteString } from "../sql-quote.ts";
import { bound } from "./bind.ts";
import { duckdb, type Engine } from "./duckdb.ts";
import { exactColumns, exactType } from "./exact.ts";
import { here } from "./here.ts";
import { perHost, type Host } from "./host.ts";
import { closed, scan, type Rendered } from "./render.ts";
import { sqlError } from "./sqlerror.ts";
import { noteMissing, noting, ownFiles } from "./sqlreads.ts";
import { statementKind, statements, tokens } from "./sqltext.ts";
import { Table } from "./table.ts";
import { rowsOf } from "./values.ts";

type Written = () => Place | undefined;

/** Runs the SQL and keeps the rows of its last statement as a Parquet file in the staging folder. */
export function materialise<Row>(rendered: Rendered, written: Written): Promise<Table<Row>> {
  return inEngine(rendered, written, async (run) => {
    const info = run.kind === "query" ? await copyQuery(run) : await copyResult(run.engine, await execute(run, run.text));
    return new Table<Row>(info);
  });
}

/** Runs the SQL and gives the rows of its last statement. */
export function readRows<Row>(rendered: Rendered, written: Written): Promise<Row[]> {
  return inEngine(rendered, written, async (run) => rowsOf<Row>(run.engine.api, await execute(run, run.text)));
}

/** The last statement of a text, ready to run. */
interface Run {
  readonly engine: Engine;
  readonly host: Host;
  readonly kind: ReturnType<typeof statementKind>;
  readonly text: string;
  readonly params: Rendered["params"];
  readonly written: Written;
}

async function inEngine<T>(rendered: Rendered, written: Written, work: (run: Run) => Promise<T>): Promise<T> {
  const host = here();
  const engine = await duckdb();
  const all = statements(rendered.text);
  if (all.length === 0) fail("E_SQL", "the SQL is empty", { ...placed(written), remedy: "write a statement, such as SELECT 1" });
  const runs = all.map((text): Run => {
    return { engine, host, kind: statementKind(text), text: closed(text), params: rendered.params, written };
  });
  const texts = runs.map(({ text, params, kind }) => ({ text, params, anyString: kind === "other" }));
  return engine.exclusive(() =>
    noting(engine, host, texts, async () => {
      for (const run of runs.slice(0, -1)) await execute(run, run.text);
      return work(runs.at(-1)!);
    }),
  );
}

/** Runs `before + the user's text + after`; what DuckDB says of a failure is told in terms of the user's text. */
async function execute(run: Run, text: string, prefix = 0): Promise<Duck.DuckDBMaterializedResult> {
  const { api, connection } = run.engine;
  try {
    // With values it is bound twice, and each time DuckDB looks into the files that it names.
    if (run.params.length === 0 && run.kind === "query") return await connection.run(text);
    const values = run.params.map((param) => bound(api, param));
    return await connection.run(
      text,
      values.map(({ value }) => value),
      values.map(({ type }) => type),
    );
  } catch (thrown) {
    noteMissing(run.host, thrown);
    return sqlError(thrown, { text, start: prefix, length: run.text.length, ...placed(run.written) });
  }
}

function placed(written: Written): { place?: Place } {
  const place = written();
  return place ? { place } : {};
}

/** The path of a new file in the staging folder. */
export function stagedFile(host: Host, name: string, extension: string): string {
  const count = perHost(host, `staged ${name}`, () => ({ last: 0 }));
  return path.join(host.staging, `${name}-${++count.last}.${extension}`);
}

async function copyQuery(run: Run): Promise<{ file: string; schema: readonly Column[]; rows: number }> {
  const file = stagedFile(run.host, "table", "parquet");
  const types = (await isExact(run)) ? [] : await describe(run);
  // DESCRIBE, SHOW and SUMMARIZE are not a SELECT; FROM (…) makes them one.
  const first = tokens(run.text).find((token) => token.kind === "word")?.text ?? "";
  const [open, close] = /^(DESC|DESCRIBE|SHOW|SUMMARIZE)$/.test(first) ? ["FROM (\n", "\n)"] : exactColumns(types);
  const start = `COPY (\n${open}`;
  const result = await execute(
    run,
    `${start}${run.text}${close}\n) TO ${quoteString(file)} (FORMAT parquet, COMPRESSION zstd)`,
    start.length,
  );
  const [[count] = []] = await result.getRows();
  // A PIVOT is several statements to DuckDB, which then does not tell the count.
  return opened(run.engine, run.host, file, count === undefined ? undefined : Number(count));
}

/** Whether Parquet can hold its columns as they are. Where that is costly to know, or fails, `describe` tells. */
async function isExact({ engine, text, params }: Run): Promise<boolean> {
  if (params.length > 0) return false; // their types are not known yet
  const before = process.memoryUsage.rss();
  try {
    const prepared = await engine.connection.prepare(text);
    const types = Array.from({ length: prepared.columnCount }, (_, index) => String(prepared.columnType(index)));
    prepared.destroySync();
    if (process.memoryUsage.rss() - before > largeLook) await giveBack(engine);
    return types.length > 0 && types.every((type) => exactType(type) === type && !/UNKNOWN|INVALID|ANY/.test(type));
  } catch {
    return false;
  }
}

/** In bytes: a look into a CSV file takes some 32 MiB. */
const largeLook = 16 << 20;

/**
 * Lets DuckDB's allocator free what it keeps for the thread that just worked, which is not the one that works next: setting the
 * memory limit, here to what it is, does so.
 */
async function giveBack({ connection }: Engine): Promise<void> {
  const [[limit] = []] = (await connection.runAndReadAll("SELECT current_setting('memory_limit')")).getRows();
  await connection.run(`SET GLOBAL memory_limit = ${quoteString(String(limit))}`);
}

async function describe(run: Run): Promise<Column[]> {
  const start = "DESCRIBE FROM (\n";
  const result = await execute(run, `${start}${run.text}\n)`, start.length);
  const rows = (await result.getRows()) as [string, string][];
  return rows.map(([name, type]) => ({ name, type }));
}

/** A Parquet file as the ingredients of a Table: what it holds is read from the file itself. */
export async function opened(
  engine: Engine,
  host: Host,
  file: string,
  rows?: number,
): Promise<{ file: string; schema: readonly Column[]; rows: number }> {
  ownFiles(host).add(file);
  const described = await engine.connection.runAndReadAll(`DESCRIBE FROM ${scan(file)}`);
  const schema = (described.getRows() as [string, string][]).map(([name, type]) => ({ name, type }));
  return { file, schema, rows: rows ?? (await countRows(engine, file)) };
}

async function countRows(engine: Engine, file: string): Promise<number> {
  const reader = await engine.connection.runAndReadAll(`SELECT count(*) FROM ${scan(file)}`);
  return Number(reader.getRows()[0]![0]);
}

/** The rows that a statement other than a query gave (EXPLAIN, CALL, INSERT … RETURNING), as a file. */
async function copyResult(engine: Engine, result: Duck.DuckDBMaterializedResult) {
  const host = here();
  const file = stagedFile(host, "table", "parquet");
  const columns = result.deduplicatedColumnNames().map((name, index) => `${quoteIdentifier(name)} ${result.columnType(index)}`);
  await engine.connection.run(`CREATE OR REPLACE TEMP TABLE stepbook_result (${columns.join(", ")})`);
  const appender = await engine.connection.createAppender("stepbook_result", null, "temp");
  for (const chunk of await result.fetchAllChunks()) appender.appendDataChunk(chunk);
  appender.closeSync();
  const [open, close] = exactColumns(
    result.deduplicatedColumnNames().map((name, index) => ({ name, type: String(result.columnType(index)) })),
  );
  const text = `COPY (${open}FROM temp.stepbook_result${close}) TO ${quoteString(file)} (FORMAT parquet, COMPRESSION zstd)`;
  await engine.connection.run(text).catch((thrown: unknown) => sqlError(thrown, { text, start: 0, length: 0 }));
  await engine.connection.run("DROP TABLE temp.stepbook_result");
  return opened(engine, host, file);
}
