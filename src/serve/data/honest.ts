import { lockOwner } from "../../record/lock.ts";
import type { RunRow } from "../../record/runs.ts";
import type { Db } from "../../record/state.ts";

/** A run whose runner is gone goes on no more, whatever was written of it last. */
export function honest(db: Db, run: RunRow): RunRow {
  return run.status === "running" && !lockOwner(db) ? { ...run, status: "interrupted" } : run;
}
