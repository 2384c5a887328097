import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { quoteString } from "../../sql-quote.ts";

/** A stored table, as SQL. */
export function source(file: string): string {
  return `FROM read_parquet(${quoteString(file)}, hive_partitioning = false)`;
}

export async function allRows(connection: DuckDBConnection, sql: string, values: readonly DuckDBValue[]): Promise<DuckDBValue[][]> {
  return (await connection.runAndReadAll(sql, [...values])).getRows();
}
