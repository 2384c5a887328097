import type { RunOptions } from "../config.ts";
import { fail } from "../errors.ts";
import { findRun, type RunRow, runSteps } from "../record/runs.ts";
import type { Db } from "../record/state.ts";
import type { Io, RunFlags } from "./io.ts";
import { withKept } from "./opened.ts";

export type Retry = Pick<RunOptions, "steps" | "params" | "logicalDate">;

/**
 * What a run is to be to retry another: the steps that did not end well there, with its params and for its logical
 * date. What they need is reused where it still holds. @throws E_USAGE where nothing is to be retried
 */
export function retryOf(db: Db, { id, status, params, logicalDate }: RunRow): Retry {
  if (status === "running") fail("E_USAGE", `run ${id} goes on: what is to be retried is known at its end`, { remedy: "wait for it" });
  const undone = runSteps(db, id).filter((row) => row.status === "failed" || row.status === "skipped" || row.status === "cancelled");
  // Of a run whose runner died the steps that were not reached are not known.
  const steps = status === "interrupted" ? [] : undone.map(({ step }) => step);
  if (steps.length === 0 && status !== "interrupted")
    fail("E_USAGE", `run ${id} has nothing to retry: it succeeded`, { remedy: "run without --retry" });
  return { steps, params, logicalDate };
}

/** What a run is to be to retry another. */
export async function retried(io: Io, steps: readonly string[], { retry, param, from, logicalDate, watch }: RunFlags): Promise<Retry> {
  const other = [steps, param ?? [], from ?? []].some(({ length }) => length > 0) || logicalDate !== undefined || watch === true;
  if (other) fail("E_USAGE", "--retry goes alone: steps, params and logical date are those of the run", { remedy: "leave the others out" });
  return withKept(io, ({ db }) => retryOf(db, findRun(db, retry!)));
}
