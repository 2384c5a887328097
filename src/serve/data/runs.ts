import type { RunStatus, StepStatus } from "../../model.ts";
import { pageOfRuns, type RunRow, type RunStepRow } from "../../record/runs.ts";
import type { Db } from "../../record/state.ts";
import { byNumber } from "./cells.ts";

interface GridPage {
  readonly total: number;
  readonly runs: readonly RunRow[];
  readonly steps: readonly string[];
  /** `run step` → what became of it. */
  readonly cells: ReadonlyMap<string, Pick<RunStepRow, "status" | "ms">>;
}

/** One page of runs × steps, newest first; SQL does the paging, so that ten thousand runs cost no more than fifty. */
export function readGrid(db: Db, offset: number, limit: number, status: RunStatus | null): GridPage {
  const { total, runs } = pageOfRuns(db, offset, limit, status);
  const of = db.prepare("SELECT step, status, ms FROM run_steps WHERE run = ?");
  const cells = new Map<string, Pick<RunStepRow, "status" | "ms">>();
  const steps = new Set<string>();
  for (const { id } of runs) {
    for (const { step, ...cell } of of.all(id) as { step: string; status: StepStatus; ms: number }[]) {
      steps.add(step);
      cells.set(`${id} ${step}`, cell);
    }
  }
  return { total, runs, steps: [...steps].sort(byNumber), cells };
}
