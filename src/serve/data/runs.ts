import type { RunRow, RunStepRow } from "../../record/runs.ts";
import { findRun } from "../../record/runs.ts";
import type { Db } from "../../record/state.ts";
import type { StepStatus } from "../../model.ts";
import { byNumber } from "./cells.ts";

export interface GridPage {
  readonly total: number;
  readonly runs: readonly RunRow[];
  readonly steps: readonly string[];
  /** `run step` → what became of it. */
  readonly cells: ReadonlyMap<string, Pick<RunStepRow, "status" | "ms" | "reason">>;
}

/** One page of runs × steps, newest first; SQL does the paging, so that ten thousand runs cost no more than fifty. */
export function readGrid(db: Db, offset: number, limit: number, status: string | null): GridPage {
  const where = status === null ? "" : "WHERE status = @status";
  const wishes = { status, offset, limit };
  const total = db.prepare(`SELECT count(*) FROM runs ${where}`).pluck().get(status === null ? {} : { status }) as number;
  const ids = db.prepare(`SELECT id FROM runs ${where} ORDER BY started_at DESC, id DESC LIMIT @limit OFFSET @offset`).pluck().all(status === null ? { offset, limit } : wishes) as string[];
  const runs = ids.map((id) => findRun(db, id));
  const of = db.prepare("SELECT step, status, ms, reason FROM run_steps WHERE run = ?");
  const cells = new Map<string, Pick<RunStepRow, "status" | "ms" | "reason">>();
  const steps = new Set<string>();
  for (const id of ids) {
    for (const { step, ...cell } of of.all(id) as { step: string; status: StepStatus; ms: number; reason: string }[]) {
      steps.add(step);
      cells.set(`${id} ${step}`, cell);
    }
  }
  return { total, runs, steps: [...steps].sort(byNumber), cells };
}
