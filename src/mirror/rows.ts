import type { Scalar } from "../model.ts";
import type { Waiting } from "../record/outbox.ts";
import { type Client, transaction } from "./connect.ts";
import { copyRows } from "./copy.ts";
import { ledger, quote } from "./names.ts";
import { Unsendable } from "./refusal.ts";
import { lock, type Shape } from "./shape.ts";

/** Rows of one table that give the same columns: they go in one statement. */
export interface Group {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row extends Waiting {
  readonly values: Readonly<Record<string, Scalar>>;
}

/** From here on COPY is faster than arrays of parameters. */
const copyFrom = 1_000;

export function groupRows(waiting: readonly Waiting[]): Group[] {
  const groups = new Map<string, { table: string; columns: string[]; rows: Row[] }>();
  for (const each of waiting) {
    const values = JSON.parse(each.body) as Row["values"];
    const given = Object.keys(values);
    const name = `${each.table}\0${given.join("\0")}`;
    const group = groups.get(name) ?? { table: each.table, columns: given, rows: [] };
    groups.set(name, group);
    group.rows.push({ ...each, values });
  }
  return [...groups.values()];
}

/**
 * Sends rows in one transaction, each by its key and only over an older version of itself: sent twice, by two, or
 * after a COMMIT whose reply was lost, it is there once.
 */
export async function sendRows(client: Client, shape: Shape | undefined, { table, columns: given, rows }: Group): Promise<void> {
  if (!shape) throw new Unsendable(`experiments.sql has no table "${table}" any more`);
  if (shape.key.length === 0) throw new Unsendable(`${table} has no PRIMARY KEY in experiments.sql, so a row sent twice could not be told from two`);
  const keyless = shape.key.find((name) => !given.includes(name));
  if (keyless !== undefined) throw new Unsendable(`the row has no ${keyless}, which is part of its key`);
  // Columns that experiments.sql has lost are left out, as in the embedded table.
  const columns = given.filter((name) => shape.columns.has(name));
  const lines = newestByKey(shape, rows).map(([key, row]) => [key, String(row.version), ...columns.map((name) => text(row.values[name], shape.columns.get(name)!.type))]);
  await transaction(client, async () => {
    await lock(client, table);
    if (lines.length < copyFrom) await client.query(upsert(shape, columns, incomingArrays(columns.length)), [table, ...transpose(lines, columns.length + 2)]);
    else {
      await client.query(`CREATE TEMPORARY TABLE incoming (key text, version bigint, ${columns.map((_, at) => `c${at} text`).join(", ")}) ON COMMIT DROP`);
      await copyRows(client, "pg_temp.incoming", lines);
      await client.query(upsert(shape, columns, "TABLE pg_temp.incoming"), [table]);
    }
  });
}

/** A statement cannot touch a row twice: of each key the newest version goes. */
function newestByKey({ key }: Shape, rows: readonly Row[]): [string, Row][] {
  const newest = new Map<string, Row>();
  for (const row of rows) {
    const name = JSON.stringify(key.map((column) => String(row.values[column])));
    const other = newest.get(name);
    if (!other || other.version <= row.version) newest.set(name, row);
  }
  return [...newest];
}

/** As the embedded table holds it: SQLite has 1 and 0 for booleans, and Postgres reads those too. */
function text(value: Scalar | undefined, type: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return type === "jsonb" || type === "json" ? String(value) : value ? "1" : "0";
  return String(value);
}

function incomingArrays(count: number): string {
  const arrays = ["$2::text[]", "$3::bigint[]", ...Array.from({ length: count }, (_, at) => `$${at + 4}::text[]`)];
  return `SELECT * FROM unnest(${arrays.join(", ")}) AS v(key, version, ${Array.from({ length: count }, (_, at) => `c${at}`).join(", ")})`;
}

function upsert(shape: Shape, columns: readonly string[], incoming: string): string {
  const there = columns.map((name) => shape.columns.get(name)!);
  const key = shape.key.map((name) => quote(shape.columns.get(name)!.name)).join(", ");
  const taken = there.map(({ name }) => `${quote(name)} = excluded.${quote(name)}`);
  // A row replaces the one with its key as a whole: what it does not give is the column's default again.
  const left = [...shape.columns].filter(([name]) => !columns.includes(name)).map(([, { name }]) => `${quote(name)} = DEFAULT`);
  return `
WITH incoming AS (${incoming}),
accepted AS (
  INSERT INTO ${ledger}.sent_rows AS sent (table_name, key, version) SELECT $1::text, key, version FROM incoming
  ON CONFLICT (table_name, key) DO UPDATE SET version = excluded.version WHERE sent.version <= excluded.version
  RETURNING key)
INSERT INTO ${shape.table} (${there.map(({ name }) => quote(name)).join(", ")})
SELECT ${there.map(({ type }, at) => `c${at}::${type}`).join(", ")} FROM incoming JOIN accepted USING (key)
ON CONFLICT (${key}) DO UPDATE SET ${[...taken, ...left].join(", ")}`;
}

function transpose(lines: readonly (readonly (string | null)[])[], width: number): (string | null)[][] {
  return Array.from({ length: width }, (_, column) => lines.map((line) => line[column] ?? null));
}
