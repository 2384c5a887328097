import { fail } from "./errors.ts";
import type { Graph, ParamUse, Step } from "./model.ts";
import { veil } from "./mask.ts";
import { nearest } from "./nearest.ts";
import { beyondLimits } from "./param-limits.ts";
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
        param: name,
        remedy: `give it again: -p ${name}=…`,
      });
    const use = uses.find((each) => each.name === name);
    if (use) {
      checkType(use.step.id, use.step.file, name, text, use.default);
      checkLimits(
        name,
        text,
        uses.filter((each) => each.name === name),
      );
    } else if (!open)
      fail("E_PARAM_UNKNOWN", `no step has a param "${name}"`, {
        param: name,
        remedy: nearest(name, [...new Set(uses.map((each) => each.name))]),
      });
  }
}

function checkType(step: string, file: string, name: string, text: string, fallback: unknown): void {
  if (readParam(text, fallback) !== undefined) return;
  const where = { param: name, step, place: { file } };
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

/** Refused where no step would take it; steps may differ in what they allow, and each says so itself. */
function checkLimits(name: string, text: string, uses: readonly (ParamUse & { readonly step: Step })[]): void {
  const refusals = uses.map((use) => beyondLimits(readParam(text, use.default ?? use.choices?.find((each) => each !== null)) ?? text, use));
  const [first] = refusals;
  if (first === undefined || refusals.includes(undefined)) return;
  const { step, default: standard, doc } = uses[0]!;
  const shown = typeof standard === "number" ? text.trim() : JSON.stringify(text);
  fail("E_PARAM_VALUE", `param ${name} is ${shown}, and must be ${first}`, {
    param: name,
    step: step.id,
    place: { file: step.file },
    remedy: `${doc ? `${name}: ${doc}; ` : ""}give it as -p ${name}=…`,
  });
}
