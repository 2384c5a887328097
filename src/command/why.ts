import { knowledge, type Opened, planProject } from "../engine.ts";
import { exitCodes } from "../errors.ts";
import { runAhead } from "../execute/new-run.ts";
import { findStep } from "../graph/select.ts";
import type { Artifact, Step, StepId } from "../model.ts";
import { checkParams } from "../params.ts";
import type { Knowledge } from "../plan/decide.ts";
import { fingerprint } from "../plan/fingerprint.ts";
import { withAllBefore } from "../plan/may-change.ts";
import type { Planned } from "../plan/plan.ts";
import { inputDigests } from "../plan/plan.ts";
import { currentRecord } from "../record/lookup.ts";
import type { KeptRecord } from "../record/records.ts";
import { compareIngredients, type PartsNow } from "./ingredients.ts";
import { type Io, printJson, readRunOptions, type RunFlags } from "./io.ts";
import { withProject } from "./opened.ts";
import { printWhy } from "./why-text.ts";

/** `why`: the decision for one step, and every ingredient of it beside what it was. */
export async function why(io: Io, word: string, flags: RunFlags): Promise<number> {
  const options = readRunOptions(io, [word], flags);
  return withProject(io, async (opened) => {
    checkParams(opened.graph, options.params);
    const step = findStep(opened.graph, word);
    const known = knowledge(opened, options.params, options.force, new Date(), runAhead(options));
    const planned = await planProject(opened, withAllBefore(opened.graph, new Set([step.id]), known), known);
    const own = planned.find((each) => each.step.id === step.id)!;
    const record = comparedRecord(opened, own, known);
    const ingredients = await compareIngredients(step, await partsNow(opened, step, planned, known), record, known);
    const comparedWith = record ? { run: record.run, finishedAt: record.finishedAt } : null;
    if (io.json) printJson(io, { step: step.id, verdict: own.verdict, reason: own.reason, comparedWith, ...ingredients });
    else printWhy(io, own, record, ingredients);
    return exitCodes.done;
  });
}

/** The record that is reused; else the one that comes nearest: of the same fingerprint, or the current one. */
function comparedRecord({ db }: Opened, { step, decision }: Planned, known: Knowledge): KeptRecord | undefined {
  if (decision?.verdict === "reuse") return decision.record;
  const [same] = decision ? known.recordsFor(step.name, decision.fingerprint().digest) : [];
  return same ?? currentRecord(db, step.name);
}

async function partsNow({ graph }: Opened, step: Step, planned: readonly Planned[], known: Knowledge): Promise<PartsNow> {
  const artifacts = new Map<StepId, Readonly<Record<string, Artifact>>>();
  for (const each of planned) if (each.decision?.verdict === "reuse") artifacts.set(each.step.id, each.decision.record.artifacts);
  const { parts } = fingerprint(
    step,
    await known.packages.closure(step.id, step.packages),
    known.engine,
    inputDigests(graph, step, artifacts),
  );
  const inputs = Object.fromEntries(Object.entries(parts.inputs).map(([name, digest]) => [name, digest === "none" ? null : digest]));
  return { ...parts, inputs };
}
