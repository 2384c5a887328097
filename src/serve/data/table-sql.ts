import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";

/** A stored table, as SQL. */
export function source(file: string): string {
  return `FROM read_parquet(${text(file)}, hive_partitioning = false)`;
}

export async function allRows(connection: DuckDBConnection, sql: string, values: readonly DuckDBValue[]): Promise<DuckDBValue[][]> {
  return (await connection.runAndReadAll(sql, [...values])).getRows();
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
