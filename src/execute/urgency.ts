import type { Step, StepId } from "../model.ts";

/**
 * How many steps wait for one another from each step on, itself included. The longest way to the end of the graph is begun first, and
 * what else there is runs beside it (Hu, Parallel Sequencing and Assembly Line Problems, Operations Research 9, 1961).
 * @param before step → those that it waits for
 */
export function urgencies(steps: readonly Step[], before: ReadonlyMap<StepId, readonly StepId[]>): Map<StepId, number> {
  const urgency = new Map<StepId, number>(steps.map(({ id }) => [id, 1]));
  // Who waits has the higher number.
  for (const { id } of [...steps].reverse())
    for (const each of before.get(id)!) urgency.set(each, Math.max(urgency.get(each)!, urgency.get(id)! + 1));
  return urgency;
}
