import { quoteFile, quoteIdentifier, quoteString } from "../sql-quote.ts";
import type { Head } from "./csv-head.ts";
import type { Engine } from "./duckdb.ts";
import { type Host, perHost } from "./host.ts";

/** Where rows that do not fit are put: two temporary tables. */
export interface RejectTables {
  readonly errors: string;
  readonly scans: string;
}

export function rejectTables(host: Host): RejectTables {
  const count = perHost(host, "csv rejects", () => ({ last: 0 }));
  const id = ++count.last;
  return { errors: `stepbook_csv_errors_${id}`, scans: `stepbook_csv_scans_${id}` };
}

export async function dropRejects(engine: Engine, { errors, scans }: RejectTables): Promise<void> {
  await engine.connection.run(`DROP TABLE IF EXISTS ${quoteIdentifier(errors)}; DROP TABLE IF EXISTS ${quoteIdentifier(scans)}`);
}

/** How many rows that do not fit are looked at. */
export const rejectsLimit = 1000;

/** `read_csv(…)` of the file with nothing left to guess. */
export function readerSql(head: Head, types: readonly string[], rejects: RejectTables): string {
  const columns = head.names.map((name, index) => `${quoteString(name)}: ${quoteString(types[index]!)}`);
  const nulls = ["", ...(head.options.nullStrings ?? [])].map(quoteString);
  const options = [
    "auto_detect = false",
    "strict_mode = true",
    `delim = ${quoteString(head.delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `header = ${head.header}`,
    // A blank line would be taken for the header.
    ...(head.skip > 0 ? [`skip = ${head.skip}`] : []),
    `encoding = ${quoteString(head.encoding)}`,
    `nullstr = [${nulls.join(", ")}]`,
    `columns = {${columns.join(", ")}}`,
    "hive_partitioning = false",
    "store_rejects = true",
    `rejects_table = ${quoteString(rejects.errors)}`,
    `rejects_scan = ${quoteString(rejects.scans)}`,
    `rejects_limit = ${rejectsLimit}`,
    // Not by the file's name.
    `compression = '${head.packed && head.copy === undefined ? "gzip" : "none"}'`,
  ];
  return `read_csv(${quoteFile(head.copy ?? head.file)}, ${options.join(", ")})`;
}

/** A row for each value but NULL: `stepbook_name`, of its column, and `stepbook_value`. However many columns there are, they are planned fast. */
export function valuesSql(names: readonly string[], reader: string): string {
  return `(UNPIVOT (SELECT ${names.map(quoteIdentifier).join(", ")} FROM ${reader}) ON COLUMNS(*) INTO NAME stepbook_name VALUE stepbook_value)`;
}
