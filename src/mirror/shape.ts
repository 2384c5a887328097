import type { ResultColumn, ResultDefinition } from "../record/experiments.ts";
import { type Client, lock, transaction } from "./connect.ts";
import { quote } from "./names.ts";

/** A column as it is in Postgres. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** A results table as it is in Postgres. */
export interface Shape {
  /** Its name there, quoted. */
  readonly table: string;
  /** Name in experiments.sql → column there. */
  readonly columns: ReadonlyMap<string, Column>;
  /** Whether it can hold no key twice. A table that somebody made by hand may. */
  readonly unique: boolean;
  /** Names in experiments.sql; empty: it has no primary key. */
  readonly key: readonly string[];
}

/** Brings the tables to the shape of experiments.sql, comments included; what has been lost from it stays. */
export async function shapeResults(client: Client, { ddl, comments, tables }: ResultDefinition): Promise<Map<string, Shape>> {
  return transaction(client, async () => {
    await lock(client, "shape");
    await client.query(ddl);
    const shapes = new Map<string, Shape>();
    for (const [name, wanted] of tables) shapes.set(name, await shapeTable(client, name, wanted));
    if (comments.length > 0) await client.query(comments.join("\n"));
    return shapes;
  });
}

async function shapeTable(client: Client, name: string, wanted: readonly ResultColumn[]): Promise<Shape> {
  // Postgres folds names that were written without quotes to lower case; SQLite keeps them.
  const { rows } = await client.query<{ exact: boolean }>("SELECT to_regclass($1) IS NOT NULL AS exact", [quote(name)]);
  const table = quote(rows[0]?.exact === true ? name : name.toLowerCase());
  let present = await columnsOf(client, table);
  const missing = wanted.filter((column) => find(present, column.name) === undefined);
  for (const { name: column, type } of missing) {
    await client.query(`ALTER TABLE ${table} ADD COLUMN ${quote(column.toLowerCase())} ${type || "text"}`);
  }
  if (missing.length > 0) present = await columnsOf(client, table);
  const columns = new Map(wanted.map((column) => [column.name, find(present, column.name)!]));
  const key = wanted.filter((column) => column.key > 0).sort((a, b) => a.key - b.key).map((column) => column.name);
  return { table, columns, key, unique: await hasKey(client, table, key.map((column) => columns.get(column)!.name)) };
}

/** Whether these columns, and no others, are the table's primary key. */
async function hasKey(client: Client, table: string, key: readonly string[]): Promise<boolean> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT attname AS name FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) WHERE indrelid = $1::regclass AND indisprimary AND indimmediate AND indnatts = indnkeyatts",
    [table],
  );
  return rows.length === key.length && rows.every(({ name }) => key.includes(name));
}

/** Columns with their types, lengths left out: a cast to varchar(3) would cut a value where an insert refuses it. */
export async function columnsOf(client: Client, table: string): Promise<{ name: string; type: string }[]> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, CASE atttypid WHEN 'bpchar'::regtype THEN 'bpchar' ELSE format_type(atttypid, NULL) END AS type
     FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  );
  return rows;
}

function find<T extends { readonly name: string }>(columns: readonly T[], name: string): T | undefined {
  return columns.find((column) => column.name === name) ?? columns.find((column) => column.name === name.toLowerCase());
}
