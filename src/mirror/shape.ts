import type { ResultColumn, ResultDefinition } from "../record/experiments.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import { type Client, hours, lock, transaction } from "./connect.ts";

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
    // Before the statements of experiments.sql are run, since an index may want a column that is new.
    for (const [name, wanted] of tables) await addColumns(client, name, wanted);
    await client.query({ text: ddl, ...hours });
    const shapes = new Map<string, Shape>();
    for (const [name, wanted] of tables) shapes.set(name, await shapeTable(client, name, wanted));
    if (comments.length > 0) await client.query(comments.join("\n"));
    return shapes;
  });
}

/** The table's name there, quoted; undefined: there is none. Postgres folds names that were written without quotes to lower case; SQLite keeps them. */
async function tableThere(client: Client, name: string): Promise<string | undefined> {
  const names = [quoteIdentifier(name), quoteIdentifier(name.toLowerCase())];
  const { rows } = await client.query<{ exact: boolean; folded: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS exact, to_regclass($2) IS NOT NULL AS folded",
    names,
  );
  return rows[0]!.exact ? names[0] : rows[0]!.folded ? names[1] : undefined;
}

async function addColumns(client: Client, name: string, wanted: readonly ResultColumn[]): Promise<void> {
  const table = await tableThere(client, name);
  if (table === undefined) return;
  const present = await columnsOf(client, table);
  for (const { name: column, type, standard } of wanted.filter((each) => find(present, each.name) === undefined)) {
    await client.query({
      text: `ALTER TABLE ${table} ADD COLUMN ${quoteIdentifier(column.toLowerCase())} ${type || "text"}${standard === null ? "" : ` DEFAULT ${standard}`}`,
      ...hours,
    });
  }
}

async function shapeTable(client: Client, name: string, wanted: readonly ResultColumn[]): Promise<Shape> {
  const table = (await tableThere(client, name))!;
  const present = await columnsOf(client, table);
  const columns = new Map(wanted.map((column) => [column.name, find(present, column.name)!]));
  const key = wanted
    .filter((column) => column.key > 0)
    .sort((a, b) => a.key - b.key)
    .map((column) => column.name);
  const there = key.map((column) => columns.get(column)!.name);
  if (key.length > 0 && !(await hasKey(client, table, there, "indisunique"))) await addKey(client, table, there);
  return { table, columns, key, unique: await hasKey(client, table, there, "indisprimary") };
}

/** Whether the table has an index of that kind on these columns, and no others. */
async function hasKey(client: Client, table: string, key: readonly string[], kind: "indisprimary" | "indisunique"): Promise<boolean> {
  const { rows } = await client.query<{ names: string[] }>(
    `SELECT array_agg(attname::text) AS names FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
     WHERE indrelid = $1::regclass AND ${kind} AND indimmediate AND indpred IS NULL AND indexprs IS NULL AND indnatts = indnkeyatts GROUP BY indexrelid`,
    [table],
  );
  return rows.some(({ names }) => names.length === key.length && names.every((name) => key.includes(name)));
}

/** experiments.sql may have got its key later. What the table holds may forbid one: then the rows that need it are refused. */
async function addKey(client: Client, table: string, key: readonly string[]): Promise<void> {
  await client.query("SAVEPOINT keyless");
  try {
    await client.query({ text: `ALTER TABLE ${table} ADD PRIMARY KEY (${key.map(quoteIdentifier).join(", ")})`, ...hours });
  } catch (error) {
    if (!/^(?:23|42)/.test((error as { code?: string }).code ?? "")) throw error;
    await client.query("ROLLBACK TO SAVEPOINT keyless");
  }
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
