import { type Db, prepared } from "./state.ts";

/** The rows of these records as one text, in the order of their ids, and the id of the newest record of all. */
export function rowsText(db: Db, ids: readonly number[]): { newest: number | null; text: string } {
  const rows = prepared(
    db,
    `SELECT (SELECT max(id) FROM records) AS newest, group_concat(concat_ws(char(31), id, run, step, name, fingerprint, body, seal), char(10) ORDER BY id) AS text
     FROM records WHERE id IN (SELECT value FROM json_each(?))`,
  ).get(JSON.stringify(ids)) as { newest: number | null; text: string | null };
  return { newest: rows.newest, text: rows.text ?? "" };
}
