import type { Graph } from "../model.ts";
import { checkGraph, keepGraph, type Known } from "./kept.ts";

/**
 * Folder → steps → bundles → edges. Runs no user code.
 * @param apiNames what the step API exports
 * @throws E_NO_STEPS, E_STEP_NAME, E_SYNTAX, E_IMPORT, E_IMPORT_ORDER, E_MISSING_EXPORT, E_COMPUTED_IMPORT, E_CONFIG
 */
export async function readGraph(project: string, apiNames: readonly string[]): Promise<Graph> {
  const { makeGraph } = await import("./make.ts");
  return (await makeGraph(project, apiNames, undefined)).graph;
}

/**
 * The same, from what was kept as far as it still holds; esbuild is loaded only where a file has changed.
 * @param maker versions of all that reads graphs
 * @param file where the graph is kept; `keep` writes it there
 * @returns `known`: all that the graph was made from, where a later run may rely on it
 */
export async function readKeptGraph(
  project: string,
  apiNames: readonly string[],
  maker: string,
  file: string,
): Promise<{ graph: Graph; known: Known | undefined; keep(): void }> {
  const before = checkGraph(file, project, apiNames, maker);
  if (before?.changed.size === 0 && before.graph.steps.length > 0)
    return { graph: before.graph, known: before, keep: () => before.renewed && keepGraph(file, before, apiNames, maker) };
  const { makeGraph } = await import("./make.ts");
  const { graph, known, asked } = await makeGraph(project, apiNames, before);
  // Without steps and files it is nothing to rely on.
  const kept = known ?? (asked && { graph: { project, steps: [] }, files: new Map(), terrain: asked });
  return { graph, known, keep: () => kept && keepGraph(file, kept, apiNames, maker) };
}
