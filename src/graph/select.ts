import { fail } from "../errors.ts";
import type { Graph, Step, StepId } from "../model.ts";
import { nearest } from "../nearest.ts";

/** The one step that the word names: id, name, file, or number. @throws E_NOT_FOUND */
export function findStep(graph: Graph, word: string): Step {
  const found = findSteps(graph, word);
  if (found.length === 1) return found[0]!;
  return fail("E_USAGE", `"${word}" names ${found.map((step) => step.id).join(" and ")}`, { remedy: "give the whole id" });
}

/** The steps that the word names; a number may name several. @throws E_NOT_FOUND */
export function findSteps(graph: Graph, word: string): Step[] {
  const bare = word.replace(/^(?:\.\/)?steps\//, "").replace(/\.[cm]?[jt]sx?$/, "");
  const exact = graph.steps.filter((step) => step.id === bare || step.name === bare);
  if (exact.length > 0) return exact;
  const numbered = /^\d+$/.test(bare) ? graph.steps.filter((step) => step.number === Number(bare)) : [];
  if (numbered.length > 0) return numbered;
  const prefixed = graph.steps.filter((step) => step.id.startsWith(bare));
  if (prefixed.length > 0) return prefixed;
  return fail("E_NOT_FOUND", `there is no step "${word}"`, { remedy: nearest(word, graph.steps.map((step) => step.id)) });
}

/** The steps that the words name and all that depends on them. @throws E_NOT_FOUND */
export function dependents(graph: Graph, words: readonly string[]): Set<StepId> {
  const found = new Set(words.flatMap((word) => findSteps(graph, word).map((step) => step.id)));
  // Steps come in an order in which what depends stands later.
  for (const step of graph.steps) if (step.edges.some((edge) => found.has(edge.from))) found.add(step.id);
  return found;
}

/** The steps that the words name and all that they need; all steps where no word is given. */
export function selectSteps(graph: Graph, words: readonly string[]): Set<StepId> {
  if (words.length === 0) return new Set(graph.steps.map((step) => step.id));
  const selected = new Set(words.flatMap((word) => findSteps(graph, word).map((step) => step.id)));
  const byId = new Map(graph.steps.map((step) => [step.id, step]));
  // A set grows while it is walked: what is added is visited too.
  for (const id of selected) for (const edge of byId.get(id)!.edges) selected.add(edge.from);
  return selected;
}
