import { fail } from "../errors.ts";
import type { Place, StepId } from "../model.ts";
import type { StepFile } from "./discover.ts";

/** The steps that a step imports. */
export type Imports = (id: StepId) => readonly StepId[];

/** Says why a step may not import the other, and what helps. Other numbers do not where steps import each other. @throws E_IMPORT_ORDER */
export function refuseOrder(step: StepFile, from: StepFile, imports: Imports, place: Place): never {
  const back = wayTo(step.id, from.id, imports);
  if (!back)
    fail("E_IMPORT_ORDER", `${step.id} imports ${from.id}, which does not come before it`, {
      step: step.id,
      place,
      remedy: `a step imports lower numbers only: give ${from.id} a number below ${step.number}, or ${step.id} a higher one`,
    });
  const circle = `steps import each other in a circle: ${[step.id, ...back].join(" → ")}`;
  return fail("E_IMPORT_ORDER", from.id === step.id ? `${step.id} imports itself` : circle, {
    step: step.id,
    place,
    remedy: "move what is needed on both sides into lib/, or into a step with a lower number",
  });
}

/** The shortest way by imports from one step to another, both included; undefined where there is none. */
function wayTo(to: StepId, from: StepId, imports: Imports): readonly StepId[] | undefined {
  const ways = [[from]];
  const seen = new Set([from]);
  for (const way of ways) {
    if (way.at(-1) === to) return way;
    for (const id of imports(way.at(-1)!)) {
      if (!seen.has(id)) ways.push([...way, id]);
      seen.add(id);
    }
  }
  return undefined;
}
