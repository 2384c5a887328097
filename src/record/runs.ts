import type { Failure } from "../errors.ts";
import { fail } from "../errors.ts";
import type { StepOutcome } from "../events.ts";
import type { RunInfo, RunStatus, StepStatus } from "../model.ts";
import { nearest } from "../nearest.ts";
import { lockOwner } from "./lock.ts";
import { type Db, parseKept, prepared } from "./state.ts";

/** A run as it is kept. */
export interface RunRow extends RunInfo {
  readonly finishedAt: string | null;
  readonly status: RunStatus;
  readonly params: Readonly<Record<string, string>>;
}

/** A step of a run as it is kept. */
export interface RunStepRow extends StepOutcome {
  readonly record: number | null;
  readonly failure: Failure | null;
}

/** Sorts by time and stays unique where `.stepbook` was deleted or two machines feed one database. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const random = Math.floor(Math.random() * 2 ** 24);
  return `${stamp}-${random.toString(16).padStart(6, "0")}`;
}

export function insertRun(db: Db, info: RunInfo, params: Readonly<Record<string, string>>): void {
  db.prepare("INSERT INTO runs (id, trigger, logical_date, started_at, status, params) VALUES (?, ?, ?, ?, 'running', ?)").run(
    info.id,
    info.trigger,
    info.logicalDate,
    info.startedAt,
    JSON.stringify(params),
  );
}

export function finishRun(db: Db, id: string, status: RunStatus, finishedAt: string): void {
  db.prepare("UPDATE runs SET status = ?, finished_at = ? WHERE id = ?").run(status, finishedAt, id);
}

export function putRunStep(db: Db, run: string, outcome: StepOutcome, record: number | null, failure: Failure | null): void {
  const put = prepared(
    db,
    "INSERT OR REPLACE INTO run_steps (run, step, status, reason, ms, attempts, record, failure) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  put.run(
    run,
    outcome.step,
    outcome.status,
    outcome.reason,
    Math.round(outcome.ms),
    outcome.attempts,
    record,
    failure && JSON.stringify(failure),
  );
}

/** The lines of reused steps, all in one statement. */
export function putReusedSteps(
  db: Db,
  run: string,
  reason: string,
  steps: readonly { readonly step: string; readonly record: number }[],
): void {
  const put = prepared(
    db,
    `INSERT OR REPLACE INTO run_steps (run, step, status, reason, ms, attempts, record)
     SELECT ?, value ->> 'step', 'cached', ?, 0, 0, value ->> 'record' FROM json_each(?)`,
  );
  put.run(run, reason, JSON.stringify(steps));
}

export function listRuns(db: Db, limit: number): RunRow[] {
  return (db.prepare("SELECT * FROM runs ORDER BY started_at DESC, id DESC LIMIT ?").all(limit) as RawRun[]).map((row) => toRun(db, row));
}

/** One page of the runs, newest first, and how many there are; of one status on request. */
export function pageOfRuns(db: Db, offset: number, limit: number, status: RunStatus | null): { total: number; runs: RunRow[] } {
  const wished = "@status IS NULL OR CASE WHEN status = 'running' AND NOT @goesOn THEN 'interrupted' ELSE status END = @status";
  const asked = { status, goesOn: Number(runGoesOn(db)) };
  const total = db.prepare(`SELECT count(*) FROM runs WHERE ${wished}`).pluck().get(asked) as number;
  const rows = db
    .prepare(`SELECT * FROM runs WHERE ${wished} ORDER BY started_at DESC, id DESC LIMIT @limit OFFSET @offset`)
    .all({ ...asked, limit, offset });
  return { total, runs: (rows as RawRun[]).map((row) => toRun(db, row)) };
}

/**
 * The run that these words name: an id or the unique beginning of one, `last`, or `last~2`.
 * @throws E_NOT_FOUND
 */
export function findRun(db: Db, words: string): RunRow {
  const relative = /^last(?:~(\d+))?$/.exec(words);
  const rows = relative
    ? db.prepare("SELECT * FROM runs ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET ?").all(Number(relative[1] ?? 0))
    : db.prepare("SELECT * FROM runs WHERE substr(id, 1, length(@words)) = @words LIMIT 2").all({ words });
  if (rows.length === 1) return toRun(db, rows[0] as RawRun);
  if (rows.length > 1)
    return fail("E_NOT_FOUND", `more than one run begins with "${words}"`, { remedy: "give more of it; `runs` lists them" });
  return fail("E_NOT_FOUND", `there is no run "${words}"`, {
    remedy: `${meant(db, words)}\`runs\` lists them; \`last\` and \`last~1\` name the newest ones`,
  });
}

/** A mistyped id is near one of the newest. */
function meant(db: Db, words: string): string {
  const ids = db.prepare("SELECT id FROM runs ORDER BY started_at DESC, id DESC LIMIT 500").pluck().all() as string[];
  const near = nearest(words, ids);
  return near.startsWith("did you mean") ? `${near} ` : "";
}

export function runSteps(db: Db, run: string): RunStepRow[] {
  const rows = db.prepare("SELECT * FROM run_steps WHERE run = ? ORDER BY rowid").all(run) as RawRunStep[];
  return rows.map((row) => ({
    step: row.step,
    status: row.status,
    reason: row.reason,
    ms: row.ms,
    attempts: row.attempts,
    record: row.record,
    failure: row.failure ? parseKept<Failure>(row.failure) : null,
  }));
}

interface LastFailure {
  readonly run: string;
  readonly reason: string;
  readonly failure: Failure | null;
}

/** Of a step that has no record: in which of the newest runs it failed last, and how. */
export function lastFailure(db: Db, step: string): LastFailure | undefined {
  const newest = "SELECT id FROM runs ORDER BY started_at DESC, id DESC LIMIT 200";
  const found = db
    .prepare(
      `SELECT run, reason, failure FROM run_steps WHERE step = ? AND status = 'failed' AND run IN (${newest}) ORDER BY rowid DESC LIMIT 1`,
    )
    .get(step) as { run: string; reason: string; failure: string | null } | undefined;
  return found && { ...found, failure: found.failure ? parseKept<Failure>(found.failure) : null };
}

/** A run's row. */
export interface RawRun {
  id: string;
  trigger: RunInfo["trigger"];
  logical_date: string;
  started_at: string;
  finished_at: string | null;
  status: RunStatus;
  params: string;
}

interface RawRunStep {
  step: string;
  status: StepStatus;
  reason: string;
  ms: number;
  attempts: number;
  record: number | null;
  failure: string | null;
}

/** Whether there is a runner: without one no run goes on, whatever was written of it last. */
export function runGoesOn(db: Db): boolean {
  return lockOwner(db) !== undefined;
}

export function toRun(db: Db, row: RawRun): RunRow {
  return {
    id: row.id,
    trigger: row.trigger,
    logicalDate: row.logical_date,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    status: row.status === "running" && !runGoesOn(db) ? "interrupted" : row.status,
    params: parseKept<Record<string, string>>(row.params),
  };
}
