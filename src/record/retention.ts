import type { Artifact, RunStatus, StepRecord } from "../model.ts";
import { newestTables } from "./outbox.ts";
import { listModels } from "./records.ts";
import { lastSuccessfulRun } from "./lookup.ts";
import { isSound, type SealedRow, sealedColumns } from "./seal.ts";
import type { Db } from "./state.ts";

/** What a record holds on to. */
interface Held {
  readonly artifacts: readonly Artifact[];
  readonly bundle: string | undefined;
  /** The run that made it. */
  readonly run: string;
  readonly seal: string | null;
}

/** What is kept of the past, as far as it matters for what may go. */
export interface History {
  /** Oldest first. */
  readonly runs: readonly { readonly id: string; readonly startedAt: string; readonly status: RunStatus }[];
  /** Run → records that it made or reused. */
  readonly used: ReadonlyMap<string, readonly number[]>;
  readonly records: ReadonlyMap<number, Held>;
  /** The code of steps that failed, and the run in which they did. */
  readonly failed: readonly { readonly run: string; readonly bundle: string }[];
  /** Runs that stay: those that still go on and the last successful one. */
  readonly pinnedRuns: ReadonlySet<string>;
  /** Records that stay: the newest of each step, and those that models come from. */
  readonly pinnedRecords: ReadonlySet<number>;
  /** Of all versions of all models. */
  readonly modelArtifacts: readonly Artifact[];
  /** The newest of each mirrored table: what Postgres is filled from. */
  readonly tableArtifacts: readonly Artifact[];
}

export function readHistory(db: Db): History {
  const models = listModels(db);
  const newest = db.prepare("SELECT max(id) FROM records GROUP BY name").pluck().all() as number[];
  const runs = db.prepare("SELECT id, started_at AS startedAt, status FROM runs ORDER BY started_at, id").all() as History["runs"];
  const last = lastSuccessfulRun(db);
  return {
    runs,
    used: usedRecords(db),
    records: heldByRecords(db),
    failed: db
      .prepare("SELECT run, failure ->> 'bundle' AS bundle FROM run_steps WHERE failure ->> 'bundle' IS NOT NULL")
      .all() as History["failed"],
    pinnedRuns: new Set([...runs.filter(({ status }) => status === "running").map(({ id }) => id), ...(last === undefined ? [] : [last])]),
    pinnedRecords: new Set([...newest, ...models.map(({ record }) => record)]),
    modelArtifacts: models.flatMap(({ body }) => [body.parts, body.card]),
    tableArtifacts: newestTables(db).map(({ artifact }) => artifact),
  };
}

function usedRecords(db: Db): Map<string, number[]> {
  const used = new Map<string, number[]>();
  const rows = db.prepare("SELECT run, record FROM run_steps WHERE record IS NOT NULL").all() as { run: string; record: number }[];
  for (const { run, record } of rows) used.set(run, [...(used.get(run) ?? []), record]);
  return used;
}

/** One record at a time: all of them need not fit in memory. */
function heldByRecords(db: Db): Map<number, Held> {
  const held = new Map<number, Held>();
  for (const row of db.prepare(`SELECT ${sealedColumns} FROM records`).iterate() as Iterable<SealedRow>) {
    if (!isSound(db, row)) {
      held.set(row.id, { artifacts: [], bundle: undefined, run: row.run, seal: null });
      continue;
    }
    const { artifacts, displays, effects, bundle } = JSON.parse(row.body) as StepRecord;
    const ofEffects = effects.flatMap((effect) =>
      effect.kind === "model" ? [effect.artifact, effect.card] : effect.kind === "table" ? [effect.artifact] : [],
    );
    held.set(row.id, { artifacts: [...Object.values(artifacts), ...displays, ...ofEffects], bundle, run: row.run, seal: row.seal });
  }
  return held;
}

/** Records that are kept where these runs go. */
export function keptRecords(history: History, gone: ReadonlySet<string>): Set<number> {
  const kept = history.runs.filter(({ id }) => !gone.has(id)).flatMap(({ id }) => history.used.get(id) ?? []);
  return new Set([...history.pinnedRecords, ...kept]);
}

/** All that the kept records, and the models, need of the store. */
export function keptArtifacts(history: History, records: ReadonlySet<number>): Artifact[] {
  return [...history.modelArtifacts, ...history.tableArtifacts, ...[...records].flatMap((id) => history.records.get(id)?.artifacts ?? [])];
}

/** Forgets runs and records, in one transaction. What the outbox holds stays: results are never removed. */
export function forget(db: Db, runs: Iterable<string>, records: Iterable<number>): void {
  const perRun = ["DELETE FROM run_steps WHERE run = ?", "DELETE FROM runs WHERE id = ?"].map((sql) => db.prepare(sql));
  const perRecord = db.prepare("DELETE FROM records WHERE id = ?");
  db.transaction(() => {
    for (const run of runs) for (const statement of perRun) statement.run(run);
    for (const record of records) perRecord.run(record);
  })();
}
