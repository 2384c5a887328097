import path from "node:path";
import { exitCodes } from "../errors.ts";
import { findRuntime } from "../execute/runtime.ts";
import { readGraph } from "../graph/graph.ts";
import type { Edge, Graph, Step } from "../model.ts";
import { wrap } from "../report/width.ts";
import { type Io, print, printJson, widthOf } from "./io.ts";
import { mermaid } from "./mermaid.ts";

/** `graph`: the steps and their edges. Opens no state: a graph can be looked at where nothing ran yet. */
export async function graph(io: Io, options: { readonly mermaid?: boolean }): Promise<number> {
  const runtime = await findRuntime();
  const found = await readGraph(path.resolve(io.project), runtime.api);
  if (io.json) printJson(io, { steps: found.steps.map(describedGraphStep) });
  else print(io, options.mermaid ? mermaid(found) : asText(found, widthOf(io) || 80));
  return exitCodes.done;
}

/** A step as `graph --json` shows it. */
export function describedGraphStep({ id, number, file, edges, exports, params, config, packages, unwired }: Step) {
  return { id, number, file, edges, exports, params, config, packages, unwired };
}

/** One line a step, one more for each further edge: `30_tune  ← 20_split (seed, train)`. */
function asText({ steps }: Graph, width: number): string {
  const margin = Math.max(...steps.map((step) => step.id.length)) + 2;
  return steps.flatMap((step) => stepLines(step, margin, width)).join("\n");
}

function stepLines(step: Step, margin: number, width: number): string[] {
  if (step.unwired) return [`${step.id.padEnd(margin)}unwired: after all lower steps`];
  const lines = step.edges.flatMap((edge) => edgeLines(edge, width - margin));
  const [first = "", ...rest] = lines;
  return [`${step.id.padEnd(margin)}${first}`.trimEnd(), ...rest.map((line) => `${" ".repeat(margin)}${line}`)];
}

function edgeLines({ from, exports }: Edge, width: number): string[] {
  const names = exports.length > 0 ? `(${exports.join(", ")})` : "(order only)";
  return wrap(`← ${from} ${names}`, width - 2).map((line, index) => (index === 0 ? line : `  ${line}`));
}
