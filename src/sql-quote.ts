/** A name as SQL has it: DuckDB, SQLite and Postgres alike. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL has it. */
export function quoteString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The path of one file, for what takes a pattern in its place: `data/x[1].csv` would be read as `data/x1.csv`, where that is there. */
export function quoteFile(file: string): string {
  return quoteString(file.replaceAll(/[*?[]/g, "[$&]"));
}
