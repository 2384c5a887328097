import { type Client, hours } from "./connect.ts";
import { ledger } from "./names.ts";

/** What is noted of a row that was sent. */
interface Sent {
  /** The values of its primary key, as JSON: no tab and no line break in it. */
  readonly key: string;
  readonly version: number;
}

/** The newest version that was ever sent to the table, by whomever. To be asked with the table's lock in hand. */
export async function newestSent(client: Client, table: string): Promise<number> {
  const { rows } = await client.query<{ version: string }>(`SELECT version FROM ${ledger}.sent_upto WHERE table_name = $1`, [table]);
  return Number(rows[0]?.version ?? -1);
}

/** Notes rows that are newer than all before: one row for all of them, which nobody reads unless something older comes. */
export async function noteBatch(client: Client, table: string, sent: readonly Sent[], highest: number): Promise<void> {
  const lines = sent.map(({ key, version }) => `${key}\t${version}`).join("\n");
  await client.query(`WITH noted AS (INSERT INTO ${ledger}.sent_batches (table_name, highest, rows) VALUES ($1, $2, $3)) ${upto}`, [
    table,
    highest,
    lines,
  ]);
}

export async function noteUpto(client: Client, table: string, highest: number): Promise<void> {
  await client.query(upto, [table, highest]);
}

const upto = `INSERT INTO ${ledger}.sent_upto AS known (table_name, version) VALUES ($1, $2)
ON CONFLICT (table_name) DO UPDATE SET version = greatest(known.version, excluded.version)`;

/** Brings the notes of batches that hold a version from `lowest` on into `row_versions`, where they can be looked up by key. */
export async function unfold(client: Client, table: string, lowest: number): Promise<void> {
  await client.query({
    text: `WITH taken AS (DELETE FROM ${ledger}.sent_batches WHERE table_name = $1 AND highest >= $2 RETURNING rows)
     INSERT INTO ${ledger}.row_versions AS known (table_name, key, version)
     SELECT $1::text, split_part(line, E'\\t', 1), max(split_part(line, E'\\t', 2)::bigint) FROM taken, unnest(string_to_array(rows, E'\\n')) AS line GROUP BY 2
     ON CONFLICT (table_name, key) DO UPDATE SET version = excluded.version WHERE known.version < excluded.version`,
    values: [table, lowest],
    ...hours,
  });
}
