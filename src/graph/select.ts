import { fail } from "../errors.ts";
import type { Graph, Step, StepId } from "../model.ts";
import { nearest } from "../nearest.ts";

/** What a step may be named by. */
interface Named {
  readonly id: StepId;
  readonly name: string;
  readonly number: number;
}

/** The one step that the word names: id, name, file, or number. @throws E_NOT_FOUND, E_USAGE */
export function findStep(graph: Graph, word: string): Step {
  return onlyOne(findSteps(graph, word), word);
}

/** @throws E_USAGE where a word names several */
export function onlyOne<One extends Named>(found: readonly One[], word: string): One {
  if (found.length === 1) return found[0]!;
  return fail("E_USAGE", `"${word}" names ${found.map((step) => step.id).join(" and ")}`, { remedy: "give the whole id" });
}

/** The steps that the word names; a number may name several. @throws E_NOT_FOUND */
function findSteps(graph: Graph, word: string): Step[] {
  const found = namedBy(graph.steps, word);
  return found.length > 0
    ? found
    : fail("E_NOT_FOUND", `there is no step "${word}"`, {
        remedy: nearest(
          word,
          graph.steps.map((step) => step.id),
        ),
      });
}

/** Those that the word names: by id, name or file, else by number, else by the beginning of the id. */
export function namedBy<One extends Named>(steps: readonly One[], word: string): One[] {
  const bare = word.replace(/^(?:\.\/)?steps\//, "").replace(/\.[cm]?[jt]sx?$/, "");
  const exact = steps.filter((step) => step.id === bare || step.name === bare);
  if (exact.length > 0) return exact;
  const numbered = /^\d+$/.test(bare) ? steps.filter((step) => step.number === Number(bare)) : [];
  return numbered.length > 0 ? numbered : steps.filter((step) => step.id.startsWith(bare));
}

/** The steps that the words name and all that depends on them. @throws E_NOT_FOUND */
export function dependents(graph: Graph, words: readonly string[]): Set<StepId> {
  const found = new Set(words.flatMap((word) => findSteps(graph, word).map((step) => step.id)));
  // Steps come in an order in which dependents stand later.
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
