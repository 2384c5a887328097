import type { Graph, Reason, StepId } from "../model.ts";
import type { Knowledge } from "./decide.ts";
import { Order } from "./order.ts";
import type { Planned } from "./plan.ts";
import { reason } from "./reasons.ts";

/** The order of planned steps, by the records that are reused and else the newest. */
export function orderOf(planned: readonly Planned[], { latestRecord, world }: Pick<Knowledge, "latestRecord" | "world">): Order {
  const reused = new Map(
    planned.flatMap(({ step, decision }) => (decision?.verdict === "reuse" ? [[step.id, decision.record] as const] : [])),
  );
  return new Order(
    world.project,
    planned.map(({ step }) => step),
    ({ id, name }) => reused.get(id) ?? latestRecord(name),
  );
}

/** Reuse that was decided as things are now promises nothing where a step before may change what this one read or imports. */
export function withMaybes(planned: readonly Planned[], known: Knowledge): Planned[] {
  if (planned.every(({ decision }) => decision?.verdict === "reuse" && decision.record.effects.length === 0)) return [...planned];
  const order = orderOf(planned, known);
  const before = new Map<StepId, Planned>();
  return planned.map((each) => {
    const doubt = each.verdict === "reuse" ? doubtOf(each, order, before, known) : undefined;
    const now: Planned = doubt ? { ...each, verdict: "maybe", reason: doubt } : each;
    before.set(each.step.id, now);
    return now;
  });
}

function doubtOf({ step }: Planned, order: Order, before: ReadonlyMap<StepId, Planned>, known: Knowledge): Reason | undefined {
  const imported = step.edges.find(({ from, exports }) => exports.length > 0 && before.get(from)?.verdict === "maybe");
  if (imported) return upstreamRuns(`${imported.from} may run first`);
  for (const { from, path } of order.handedTo(step)) {
    const { verdict, decision } = before.get(from)!;
    if (verdict !== "reuse") return upstreamRuns(`${from}, which wrote ${path}, ${verdict === "run" ? "runs" : "may run"} first`);
    if (decision?.verdict === "reuse" && known.outdatedModels(decision.record).some((name) => path === `models/${name}`))
      return upstreamRuns(`${from} saves ${path} again`);
  }
  return undefined;
}

/** @param what happens before the step */
export function upstreamRuns(what: string): Reason {
  return reason("upstream-runs", `${what}; reused if that comes out equal`);
}

/** The steps with all that they import and all that hand them something, directly or not. */
export function withAllBefore(
  { project, steps }: Graph,
  selected: ReadonlySet<StepId>,
  { latestRecord }: Pick<Knowledge, "latestRecord">,
): Set<StepId> {
  const order = new Order(project, steps, ({ name }) => latestRecord(name));
  const byId = new Map(steps.map((step) => [step.id, step]));
  const all = new Set(selected);
  // A set grows while it is walked: what is added is visited too.
  for (const id of all) for (const { from } of [...byId.get(id)!.edges, ...order.handedTo(byId.get(id)!)]) all.add(from);
  return all;
}

/** The steps with all that import them and all that they hand something, directly or not. */
export function withAllAfter(
  { project, steps }: Graph,
  selected: ReadonlySet<StepId>,
  { latestRecord }: Pick<Knowledge, "latestRecord">,
): Set<StepId> {
  const order = new Order(project, steps, ({ name }) => latestRecord(name));
  const all = new Set(selected);
  // Steps come in an order in which those after stand later.
  for (const step of steps) if ([...step.edges, ...order.handedTo(step)].some(({ from }) => all.has(from))) all.add(step.id);
  return all;
}
