import { inputLabel } from "../graph/names.ts";
import type { Artifact, Digest, Graph, Reason, Step, StepId } from "../model.ts";
import { alwaysRuns, type Decision, decide, type Knowledge } from "./decide.ts";
import { upstreamRuns, withMaybes } from "./may-change.ts";
import { reason } from "./reasons.ts";

/** What would happen to a step, decided before anything runs. */
export interface Planned {
  readonly step: Step;
  /** `maybe`: a step that it imports, or that wrote what it read, runs first; reused if that comes out equal. */
  readonly verdict: "run" | "reuse" | "maybe";
  readonly reason: Reason;
  /** Milliseconds that the step took last time, if it has run. */
  readonly lastMs: number | null;
  /** As things are now; none where an input is still to be made. */
  readonly decision?: Decision;
}

/** Walks the graph as a run would, running nothing. */
export async function makePlan(graph: Graph, selected: ReadonlySet<StepId>, known: Knowledge): Promise<Planned[]> {
  const artifacts = new Map<StepId, Readonly<Record<string, Artifact>>>();
  const planned: Planned[] = [];
  for (const step of graph.steps.filter((each) => selected.has(each.id))) {
    const before = known.latestRecord(step.name);
    const lastMs = before?.ms ?? null;
    const waitsFor = step.edges.find((edge) => edge.exports.length > 0 && !artifacts.has(edge.from));
    if (waitsFor) {
      const always = alwaysRuns(step, known);
      const first = before ? undefined : reason("first-run", "first run");
      const maybe = upstreamRuns(`${waitsFor.from} runs first`);
      planned.push({ step, verdict: always || first ? "run" : "maybe", reason: always ?? first ?? maybe, lastMs });
      continue;
    }
    const decision = await decide(step, inputDigests(graph, step, artifacts), known, before);
    if (decision.verdict === "reuse") artifacts.set(step.id, decision.record.artifacts);
    planned.push({ step, verdict: decision.verdict, reason: decision.reason, lastMs, decision });
  }
  return withMaybes(planned, known);
}

/** `step.export` → digest for what the step imports; what is not there is left out. */
export function inputDigests(
  graph: Graph,
  step: Step,
  artifacts: ReadonlyMap<StepId, Readonly<Record<string, Artifact>>>,
): Record<string, Digest> {
  const names = namesOf(graph);
  return Object.fromEntries(
    step.edges.flatMap((edge) =>
      edge.exports.map((name) => [inputLabel(names.get(edge.from)!, name), digestIn(artifacts.get(edge.from)?.[name])] as const),
    ),
  );
}

/** A figure lies in the same bytes as its bundle, exported as a plain value: another thing to whoever imports it. */
function digestIn(artifact: Artifact | undefined): Digest {
  if (artifact === undefined) return "none";
  return artifact.codec === "figure" ? `${artifact.digest} figure` : artifact.digest;
}

const known = new WeakMap<Graph, ReadonlyMap<StepId, string>>();

function namesOf(graph: Graph): ReadonlyMap<StepId, string> {
  let names = known.get(graph);
  if (!names) known.set(graph, (names = new Map(graph.steps.map((step) => [step.id, step.name]))));
  return names;
}
