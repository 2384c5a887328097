/** A name as SQL has it: DuckDB, SQLite and Postgres alike. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL has it. */
export function quoteString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
