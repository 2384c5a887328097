import { rmSync } from "node:fs";
import { fail, StepbookError } from "../errors.ts";
import { projectPath } from "../project-path.ts";
import { quoteString } from "../sql-quote.ts";
import { writeFlat } from "./csv-flat.ts";
import { readHead, type Head } from "./csv-head.ts";
import { checkOptions, type CsvOptions } from "./csv-options.ts";
import { readerSql, rejectTables } from "./csv-reader.ts";
import { failOnRejects } from "./csv-rejects.ts";
import { settleTypes } from "./csv-types.ts";
import { duckdb, type Engine } from "./duckdb.ts";
import { exactType } from "./exact.ts";
import { existingFile } from "./files.ts";
import { here, noteFile } from "./here.ts";
import type { Host } from "./host.ts";
import { opened, stagedFile } from "./materialise.ts";
import { sqlError } from "./sqlerror.ts";
import { noteOpened } from "./sqlreads.ts";
import { Table } from "./table.ts";

/**
 * A CSV file as a table, strictly: each row has the header's columns, each value is of its column's type, the text is
 * of the encoding said, or nothing is read.
 *
 * Types that are not given are found by looking at every row: BIGINT, DOUBLE, BOOLEAN (true, false), DATE, TIMESTAMP
 * (ISO 8601; TIMESTAMP_NS where it has nanoseconds), else VARCHAR; numbers with leading zeros stay text. A column of
 * numbers with a few texts in it is refused and not made text. Nothing is rounded or cut, by no type.
 *
 * What the options do not say (a decimal comma, comments, lines to skip) DuckDB's own reader takes:
 * sql`FROM read_csv('data/x.csv', decimal_separator = ',', skip = 3)`.
 *
 * @param file relative to the project, or absolute; gzip is unpacked
 * @throws E_CSV with file, line, column, value and what was expected; E_FILE where there is no such file
 * @example const patients = await csv<Patient>("data/dataset.csv", { columns: { id: "INTEGER" } });
 */
export async function csv<Row = Record<string, unknown>>(file: string, options: CsvOptions = {}): Promise<Table<Row>> {
  checkOptions(options);
  const host = here();
  const absolute = existingFile(host, file, "csv");
  noteFile(host, "file", absolute);
  const read = readHead(absolute, projectPath(host.project, absolute), options);
  const head = read.isOdd ? { ...read, copy: stagedFile(host, "flat", "csv") } : read;
  if (head.copy !== undefined) writeFlat(head, head.copy);
  const engine = await duckdb();
  return engine.exclusive(async () => {
    const since = Date.now();
    try {
      return await load<Row>(engine, host, head);
    } catch (thrown) {
      return csvError(head, thrown);
    } finally {
      await noteOpened(engine, host, since, new Set([absolute]));
      if (head.copy !== undefined) rmSync(head.copy, { force: true });
    }
  });
}

async function load<Row>(engine: Engine, host: Host, head: Head): Promise<Table<Row>> {
  const types = (await settleTypes(engine, head)).map((each) => ({ ...each, type: exactType(each.type) }));
  const rejects = rejectTables(host);
  const target = stagedFile(host, "csv", "parquet");
  try {
    const reader = readerSql(
      head,
      types.map(({ type }) => type),
      rejects,
    );
    const result = await engine.connection.run(`COPY (FROM ${reader}) TO ${quoteString(target)} (FORMAT parquet, COMPRESSION zstd)`);
    await failOnRejects(engine, head, types, rejects);
    const [[count] = []] = await result.getRows();
    return new Table<Row>(await opened(engine, host, target, Number(count)));
  } catch (thrown) {
    rmSync(target, { force: true });
    throw thrown;
  }
}

function csvError(head: Head, thrown: unknown): never {
  if (thrown instanceof StepbookError) throw thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const place = { place: { file: head.shown } };
  if (message.includes("state machine reached an invalid state")) {
    fail(
      "E_CSV",
      `${head.shown}: lines end in different ways (\\n, \\r\\n or \\r)`,
      { ...place, remedy: "save the file with one kind of line end" },
      thrown,
    );
  }
  if (message.includes("is not latin-1 encoded"))
    fail(
      "E_CSV",
      `${head.shown} holds bytes from 0x80 to 0x9F, which Latin-1 has no letters for: it is perhaps Windows-1252`,
      { ...place, remedy: "save it as UTF-8" },
      thrown,
    );
  const type = /Type with name (\S+) does not exist/.exec(message) ?? /Value "?([^"]*)"? can not be converted to .*type/i.exec(message);
  if (type)
    fail(
      "E_CSV",
      `${head.shown}: columns names a type that DuckDB does not know: ${type[1]}`,
      { remedy: "such as INTEGER, DOUBLE, VARCHAR, DATE, DECIMAL(10, 2)" },
      thrown,
    );
  return sqlError(thrown, { text: "", start: 0, length: 0, ...place });
}
