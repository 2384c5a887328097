import { quoteIdentifier } from "../sql-quote.ts";
import { type Client, hours, lock, transaction } from "./connect.ts";
import { copyLines } from "./copy.ts";
import { escaped, type Layout, type Row } from "./encode.ts";
import { ledger } from "./names.ts";
import { isHeld } from "./refusal.ts";
import type { Shape } from "./shape.ts";
import { newestSent, noteBatch, noteUpto, unfold } from "./versions.ts";

/** How rows go into their table; `fed` is called when the database has them and works. */
type Way = (client: Client, shape: Shape, layout: Layout, rows: readonly Row[], fed: () => void) => Promise<void>;

/**
 * Sends rows of one table in one transaction, each by its key and only over an older version of itself: sent twice, by
 * two, or after a COMMIT whose reply was lost, it is there once.
 * @param met tables of which this pass has met keys that were there already
 */
export async function sendRows(
  client: Client,
  shape: Shape,
  table: string,
  rows: readonly Row[],
  met: Set<string>,
  fed: () => void,
): Promise<void> {
  const newest = newestByKey(rows);
  if (shape.unique && !met.has(table)) {
    try {
      return await send(client, shape, table, newest, insert, fed);
    } catch (error) {
      // Answered by the server: a key that is there, most likely. What else it may be, the other way tells.
      if (isHeld(error) || !/^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? "")) throw error;
      met.add(table);
    }
  }
  await send(client, shape, table, newest, upsert, fed);
}

function send(client: Client, shape: Shape, table: string, rows: readonly Row[], way: Way, fed: () => void): Promise<void> {
  const versions = rows.map(({ version }) => version);
  const [lowest, highest] = [versions.reduce((a, b) => Math.min(a, b)), versions.reduce((a, b) => Math.max(a, b))];
  return transaction(client, async () => {
    await lock(client, table);
    // Newer than anything that was ever sent: what is there by these keys is older, and need not be asked.
    const newer = lowest > (await newestSent(client, table));
    if (!newer) await unfold(client, table, lowest);
    const go = newer ? way : upsertNewer(table);
    for (const [layout, some] of byLayout(rows)) await go(client, shape, layout, some, fed);
    await (newer ? noteBatch(client, table, rows, highest) : noteUpto(client, table, highest));
  });
}

/** A statement cannot touch a row twice: of each key the newest version goes. */
function newestByKey(rows: readonly Row[]): Row[] {
  const newest = new Map<string, Row>();
  for (const row of rows) {
    const other = newest.get(row.key);
    if (!other || other.version <= row.version) newest.set(row.key, row);
  }
  return [...newest.values()];
}

function byLayout(rows: readonly Row[]): Map<Layout, Row[]> {
  const groups = new Map<Layout, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.layout);
    if (group) group.push(row);
    else groups.set(row.layout, [row]);
  }
  return groups;
}

/** Rows of new runs have new keys: straight into the table, twice as fast as any upsert. */
const insert: Way = async (client, shape, { columns }, rows, fed) => {
  await copyLines(
    client,
    `${shape.table} (${columns.map(({ name }) => quoteIdentifier(name)).join(", ")})`,
    rows.length,
    (at) => `${rows[at]!.line}\n`,
    fed,
  );
};

const upsert: Way = async (client, shape, layout, rows, fed) => {
  const names = layout.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  // The columns' own types, without their constraints and defaults.
  await client.query(`CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT ${names} FROM ${shape.table} WITH NO DATA`);
  await copyLines(client, "pg_temp.incoming", rows.length, (at) => `${rows[at]!.line}\n`, fed);
  await client.query({
    text: `INSERT INTO ${shape.table} (${names}) SELECT ${names} FROM pg_temp.incoming ${onConflict(shape, layout)}`,
    ...hours,
  });
  await client.query("DROP TABLE pg_temp.incoming");
};

/** By the versions of single keys: what came before is older for some of these rows, newer for others. */
const upsertNewer =
  (table: string): Way =>
  async (client, shape, layout, rows, fed) => {
    const names = layout.columns.map(({ name }) => quoteIdentifier(name));
    const places = names.map((name, at) => `${name} AS c${at}`);
    await client.query(
      `CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT ''::text AS key, 0::bigint AS version, ${places.join(", ")} FROM ${shape.table} WITH NO DATA`,
    );
    await copyLines(
      client,
      "pg_temp.incoming",
      rows.length,
      (at) => `${escaped(rows[at]!.key)}\t${rows[at]!.version}\t${rows[at]!.line}\n`,
      fed,
    );
    await client.query({
      text: `WITH accepted AS (
       INSERT INTO ${ledger}.row_versions AS known (table_name, key, version) SELECT $1::text, key, version FROM pg_temp.incoming
       ON CONFLICT (table_name, key) DO UPDATE SET version = excluded.version WHERE known.version <= excluded.version
       RETURNING key)
     INSERT INTO ${shape.table} (${names.join(", ")})
     SELECT ${names.map((_, at) => `c${at}`).join(", ")} FROM pg_temp.incoming JOIN accepted USING (key) ${onConflict(shape, layout)}`,
      values: [table],
      ...hours,
    });
    await client.query("DROP TABLE pg_temp.incoming");
  };

/** A row replaces the one with its key as a whole: what it does not give is the column's default again. */
function onConflict(shape: Shape, { columns }: Layout): string {
  const key = shape.key.map((name) => quoteIdentifier(shape.columns.get(name)!.name)).join(", ");
  const taken = columns.map(({ name }) => `${quoteIdentifier(name)} = excluded.${quoteIdentifier(name)}`);
  const left = [...shape.columns.values()]
    .filter((column) => !columns.includes(column))
    .map(({ name }) => `${quoteIdentifier(name)} = DEFAULT`);
  return `ON CONFLICT (${key}) DO UPDATE SET ${[...taken, ...left].join(", ")}`;
}
