import { type KeptRecord, latestRecord, recordById } from "./records.ts";
import { type RawRun, type RunRow, toRun } from "./runs.ts";
import { type Db, prepared } from "./state.ts";

/**
 * The record that stands for a step now: what the newest run that reached it made or reused. That
 * need not be the newest record: after an edit and its undoing the older one is reused.
 */
export function currentRecord(db: Db, name: string): KeptRecord | undefined {
  const newest = latestRecord(db, name);
  if (newest === undefined) return undefined;
  // From the newest run on, which is hardly ever left: a history of thousands is not read for it.
  const reached = prepared(
    db,
    `SELECT run_steps.record AS id FROM runs CROSS JOIN run_steps ON run_steps.run = runs.id
     WHERE run_steps.record IN (SELECT id FROM records WHERE name = ?) ORDER BY runs.started_at DESC, runs.id DESC LIMIT 1`,
  ).get(name) as { id: number } | undefined;
  return reached === undefined || reached.id === newest.id ? newest : recordById(db, reached.id);
}

export function lastSuccessfulRun(db: Db): string | undefined {
  return db.prepare("SELECT id FROM runs WHERE status = 'succeeded' ORDER BY started_at DESC, id DESC LIMIT 1").pluck().get() as
    string | undefined;
}

/** The run with this id, or undefined where it is no longer kept. */
export function runById(db: Db, id: string): RunRow | undefined {
  const row = db.prepare("SELECT * FROM runs WHERE id = ?").get(id) as RawRun | undefined;
  return row && toRun(db, row);
}

/** Run → status → number of its steps. */
export function stepCounts(db: Db, runs: readonly string[]): Map<string, Record<string, number>> {
  const count = db.prepare("SELECT status, count(*) AS steps FROM run_steps WHERE run = ? GROUP BY status ORDER BY status");
  return new Map(
    runs.map((run) => {
      const rows = count.all(run) as { status: string; steps: number }[];
      return [run, Object.fromEntries(rows.map(({ status, steps }) => [status, steps]))];
    }),
  );
}
