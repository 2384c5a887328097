import { fail } from "./errors.ts";
import type { Graph } from "./model.ts";
import { veil } from "./mask.ts";
import { nearest } from "./nearest.ts";
import { readParam } from "./param-text.ts";

/**
 * Refuses a `-p` that no step of the graph has, and one of the wrong type, before anything runs.
 * @throws E_PARAM_UNKNOWN, E_PARAM_VALUE; also for a value that was masked, as a retried run has it
 */
export function checkParams(graph: Graph, params: Readonly<Record<string, string>>): void {
  const uses = graph.steps.flatMap((step) => step.params.map((use) => ({ ...use, step })));
  const open = graph.steps.some((step) => step.openParams);
  for (const [name, text] of Object.entries(params)) {
    if (text.includes(veil))
      fail("E_PARAM_VALUE", `param ${name} is "${text}", and ${veil} stands for a secret that was not kept`, {
        remedy: `give it again: -p ${name}=…`,
      });
    const use = uses.find((each) => each.name === name);
    if (use) checkType(use.step.id, use.step.file, name, text, use.default);
    else if (!open)
      fail("E_PARAM_UNKNOWN", `no step has a param "${name}"`, { remedy: nearest(name, [...new Set(uses.map((each) => each.name))]) });
  }
}

function checkType(step: string, file: string, name: string, text: string, fallback: unknown): void {
  if (readParam(text, fallback) !== undefined) return;
  const where = { step, place: { file } };
  if (typeof fallback === "number")
    fail("E_PARAM_VALUE", `param ${name} is "${text}", which is not a number`, {
      ...where,
      remedy: `${step} has it as ${fallback}: give a number`,
    });
  fail("E_PARAM_VALUE", `param ${name} is "${text}", which is neither true nor false`, {
    ...where,
    remedy: `write -p ${name}=true or -p ${name}=false`,
  });
}
