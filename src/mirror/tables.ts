import { createHash } from "node:crypto";
import type { Artifact } from "../model.ts";
import type { Waiting } from "../record/outbox.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import { type Client, hours, lock, transaction } from "./connect.ts";
import { copyFile } from "./copy.ts";
import { ledger } from "./names.ts";
import { Unsendable } from "./refusal.ts";
import { columnsOf } from "./shape.ts";
import { mapType } from "./types.ts";

/**
 * Replaces a Postgres table by the rows of a CSV file: copied beside it, swapped in the same transaction. A table
 * that Stepbook did not make is not touched; nor is one that holds a newer version.
 */
export async function sendTable(client: Client, { table, version }: Waiting, artifact: Artifact, csv: string): Promise<void> {
  const columns = (artifact.schema ?? []).map(({ name, type }) => ({ name, type: mapType(type).type }));
  const fresh = quoteIdentifier(`stepbook_new_${createHash("sha256").update(table).digest("hex").slice(0, 16)}`);
  await transaction(client, async () => {
    await lock(client, table);
    const { exists, sent } = await sentVersion(client, table);
    if (exists && sent === null)
      throw new Unsendable(`there is a table "${table}" that Stepbook did not make: rename it, or mirror under another name`);
    if (exists && BigInt(sent!) > BigInt(version)) return;
    await client.query(`CREATE TABLE ${fresh} (${columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(", ")})`);
    await copyFile(client, fresh, csv);
    if (exists && (await hasFollowers(client, table)) && (await sameColumns(client, table, fresh))) await refill(client, table, fresh);
    else await swap(client, table, fresh);
    await client.query(
      `INSERT INTO ${ledger}.sent_tables (table_name, version, rows) VALUES ($1, $2, $3)
       ON CONFLICT (table_name) DO UPDATE SET version = excluded.version, rows = excluded.rows, sent_at = now()`,
      [table, version, artifact.rows ?? 0],
    );
  });
}

async function sentVersion(client: Client, table: string): Promise<{ exists: boolean; sent: string | null }> {
  const { rows } = await client.query<{ exists: boolean; sent: string | null }>(
    `SELECT to_regclass($1) IS NOT NULL AS exists, (SELECT version FROM ${ledger}.sent_tables WHERE table_name = $2) AS sent`,
    [quoteIdentifier(table), table],
  );
  return rows[0]!;
}

/** Whether somebody has put something of theirs on the table: a view, an index, a trigger, a grant, also of single columns. */
async function hasFollowers(client: Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ some: boolean }>(
    `SELECT c.relacl IS NOT NULL
       OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL)
       OR EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid)
       OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
       OR EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_class'::regclass AND refobjid = c.oid AND classid = 'pg_rewrite'::regclass) AS some
     FROM pg_class c WHERE c.oid = $1::regclass`,
    [quoteIdentifier(table)],
  );
  return rows[0]?.some === true;
}

async function sameColumns(client: Client, table: string, fresh: string): Promise<boolean> {
  return JSON.stringify(await columnsOf(client, quoteIdentifier(table))) === JSON.stringify(await columnsOf(client, fresh));
}

async function swap(client: Client, table: string, fresh: string): Promise<void> {
  await client.query(`DROP TABLE IF EXISTS ${quoteIdentifier(table)}`);
  await client.query(`ALTER TABLE ${fresh} RENAME TO ${quoteIdentifier(table)}`);
  await client.query(
    `COMMENT ON TABLE ${quoteIdentifier(table)} IS 'Mirrored by Stepbook: replaced as a whole when its step makes other rows.'`,
  );
}

/** Slower than the swap, and the views, indexes and grants on the table stay. Readers see old or new all the same. */
async function refill(client: Client, table: string, fresh: string): Promise<void> {
  await client.query({ text: `DELETE FROM ${quoteIdentifier(table)}`, ...hours });
  await client.query({ text: `INSERT INTO ${quoteIdentifier(table)} TABLE ${fresh}`, ...hours });
  await client.query(`DROP TABLE ${fresh}`);
}
