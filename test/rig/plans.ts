import type { Db } from "../../src/record/state.ts";

/** How SQLite looks for what the work asks: a line for each table of each statement that is prepared meanwhile. */
export function plansOf(db: Db, work: () => void): string[] {
  const asked: string[] = [];
  const prepare = db.prepare.bind(db);
  db.prepare = ((sql: string) => (asked.push(sql), prepare(sql))) as Db["prepare"];
  try {
    work();
  } finally {
    db.prepare = prepare;
  }
  return asked.flatMap((sql) => {
    const rows = prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...Array<null>(sql.split("?").length - 1).fill(null));
    return rows.map((row) => (row as { detail: string }).detail);
  });
}
