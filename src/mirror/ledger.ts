import { type Client, lock, transaction } from "./connect.ts";
import { ledger } from "./names.ts";

const notes = `
CREATE TABLE IF NOT EXISTS ${ledger}.sent_tables (table_name text PRIMARY KEY, version bigint NOT NULL, rows bigint NOT NULL, sent_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS ${ledger}.row_versions (table_name text, key text, version bigint NOT NULL, PRIMARY KEY (table_name, key));
CREATE TABLE ${ledger}.sent_batches (table_name text NOT NULL, highest bigint NOT NULL, rows text NOT NULL);
CREATE INDEX ON ${ledger}.sent_batches (table_name, highest);
ALTER TABLE ${ledger}.sent_batches ALTER COLUMN rows SET STORAGE EXTERNAL;
CREATE TABLE ${ledger}.sent_upto (table_name text PRIMARY KEY, version bigint NOT NULL);
INSERT INTO ${ledger}.sent_upto SELECT table_name, max(version) FROM ${ledger}.row_versions GROUP BY table_name;
COMMENT ON TABLE ${ledger}.sent_upto IS 'The newest version that was sent to each results table.';
COMMENT ON TABLE ${ledger}.sent_batches IS 'Key and version of rows as they were sent, a row a batch; read only where something older comes.';
COMMENT ON TABLE ${ledger}.row_versions IS 'Versions by key, where something older came once.';
`;

/** Makes the mirror's own notes where they are not there. */
export async function prepareLedger(client: Client): Promise<void> {
  if ((await whatIsThere(client)).tables.includes("sent_upto")) return;
  await transaction(client, async () => {
    await lock(client, "shape");
    const { schema, tables } = await whatIsThere(client);
    if (tables.includes("sent_upto")) return;
    if (!schema)
      await client.query(
        `CREATE SCHEMA ${ledger}; COMMENT ON SCHEMA ${ledger} IS 'What Stepbook has sent: its own notes, none of your data.'`,
      );
    // Until 0.1 every row had its version here. Renamed, so that a sender of then stops instead of writing past these notes.
    if (tables.includes("sent_rows")) await client.query(`ALTER TABLE ${ledger}.sent_rows RENAME TO row_versions`);
    await client.query(notes);
  });
}

/** Read from the catalogue itself: to_regclass() may still say what it said before the lock was waited for. */
async function whatIsThere(client: Client): Promise<{ schema: boolean; tables: string[] }> {
  const { rows } = await client.query<{ name: string | null }>(
    `SELECT relname AS name FROM pg_namespace n LEFT JOIN pg_class c ON relnamespace = n.oid AND relkind = 'r' WHERE nspname = '${ledger}'`,
  );
  return { schema: rows.length > 0, tables: rows.flatMap(({ name }) => name ?? []) };
}
