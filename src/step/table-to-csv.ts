import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { quoteIdentifier, quoteString } from "../sql-quote.ts";
import { duckdbApi } from "./duckdb-api.ts";

/** A column and the SQL that makes its text, of the column's quoted name. */
interface CsvColumn {
  readonly name: string;
  expression(quoted: string): string;
}

/**
 * Writes the rows of a Parquet file as CSV that Postgres' COPY reads: every value in quotes, NULL as nothing.
 * Works without a host, since no step asks; the rows pass through no JavaScript.
 * @throws where the signal comes before all is written
 */
export async function tableToCsv(parquet: string, columns: readonly CsvColumn[], target: string, signal: AbortSignal): Promise<void> {
  const { DuckDBInstance: Instance } = duckdbApi();
  const instance: DuckDBInstance = await Instance.create(":memory:", {
    threads: "1",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  try {
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    const selected = columns.map(({ name, expression }) => `${expression(quoteIdentifier(name))} AS ${quoteIdentifier(name)}`);
    await runUnless(
      signal,
      connection,
      `COPY (SELECT ${selected.join(", ")} FROM read_parquet(${quoteString(parquet)})) TO ${quoteString(target)} (FORMAT csv, HEADER false, FORCE_QUOTE *, NULLSTR '')`,
    );
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
}

/** Runs the statement, which otherwise would hold the process until it is done. */
async function runUnless(signal: AbortSignal, connection: DuckDBConnection, statement: string): Promise<void> {
  signal.throwIfAborted();
  let again: NodeJS.Timeout | undefined;
  // A statement that has not begun does not hear it the first time.
  const stop = () => void (again = setInterval(() => connection.interrupt(), 20));
  signal.addEventListener("abort", stop, { once: true });
  try {
    await connection.run(statement);
  } finally {
    clearInterval(again);
    signal.removeEventListener("abort", stop);
  }
}
