import path from "node:path";
import { fail, toFailure } from "../errors.ts";
import { findStep } from "../graph/select.ts";
import type { Graph, Step } from "../model.ts";
import { nearest } from "../nearest.ts";
import { currentRecord } from "../record/lookup.ts";
import { findRun, lastFailure } from "../record/runs.ts";
import { type Io, wholeNumber } from "./io.ts";
import { withKept, withProject } from "./opened.ts";
import { showRun } from "./show-run.ts";
import { showStep } from "./show-step.ts";
import { showValue } from "./show-value.ts";

/** `show`: a run (`last`, an id), a step, or the value of an export (`20_split.train`). */
export async function show(io: Io, what: string, options: { readonly limit?: string }): Promise<number> {
  const limit = options.limit === undefined ? undefined : wholeNumber("--limit", options.limit);
  if (namesRun(what)) {
    refuseLimit(limit, what, "a run");
    return withKept(io, ({ db }) => showRun(io, db, findRun(db, what)));
  }
  return withProject(io, async (opened) => {
    const { step, name } = findTarget(opened.graph, what);
    const record = currentRecord(opened.db, step.name);
    if (name === undefined) {
      refuseLimit(limit, what, "a step");
      return showStep(io, step, record, record ? undefined : lastFailure(opened.db, step.id));
    }
    const artifact =
      record && Object.hasOwn(record.artifacts, name) ? record.artifacts[name]! : missing(step, name, Object.keys(record?.artifacts ?? {}));
    if (artifact.codec !== "table") refuseLimit(limit, what, `a ${artifact.codec}`);
    return showValue(io, path.resolve(io.project), `${step.id}.${name}`, artifact, opened.store.path(artifact), limit);
  });
}

function refuseLimit(limit: number | undefined, what: string, is: string): void {
  if (limit !== undefined) fail("E_USAGE", `--limit is for the rows of a table: ${what} is ${is}`, { remedy: "leave it out" });
}

/** No step is called so: after its number there is an underscore. */
function namesRun(what: string): boolean {
  return /^last(~|$)|^\d{8}(-|$)/.test(what);
}

/** `20_split`, `split`, `20`, and each of them with `.export`; names of steps may hold dots. */
function findTarget(graph: Graph, what: string): { step: Step; name?: string } {
  const whole = tryStep(graph, what);
  if (whole) return { step: whole };
  for (let dot = what.lastIndexOf("."); dot > 0; dot = what.lastIndexOf(".", dot - 1)) {
    const step = tryStep(graph, what.slice(0, dot));
    if (step) return { step, name: what.slice(dot + 1) };
  }
  return fail("E_NOT_FOUND", `there is no step or run "${what}"`, {
    remedy: nearest(what.split(".")[0]!, [...graph.steps.map((step) => step.id), "last"]),
  });
}

function tryStep(graph: Graph, word: string): Step | undefined {
  try {
    return findStep(graph, word);
  } catch (error) {
    if (toFailure(error).code === "E_NOT_FOUND") return undefined;
    throw error;
  }
}

function missing(step: Step, name: string, stored: readonly string[]): never {
  if (step.exports.includes(name))
    return fail("E_NOT_FOUND", `${step.id}.${name} is not there yet`, { remedy: `run ${step.id}: then it is kept` });
  return fail("E_NOT_FOUND", `${step.id} has no export "${name}"`, { remedy: nearest(name, [...new Set([...step.exports, ...stored])]) });
}
