import { notedSteps, startedSteps } from "../../execute/started.ts";
import type { StepId } from "../../model.ts";
import type { RunRow } from "../../record/runs.ts";

/** What the steps of a run that goes on do, for as long as they have not ended. */
export function underWay(project: string, run: RunRow | undefined): ReadonlyMap<StepId, "running" | "waiting"> {
  if (run?.status !== "running") return new Map();
  const begun = [...startedSteps(project, run.id).keys()];
  return new Map([
    ...notedSteps(project, run.id).map((step) => [step, "waiting"] as const),
    ...begun.map((step) => [step, "running"] as const),
  ]);
}
