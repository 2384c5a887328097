import type { Context } from "hono";
import { fail } from "../../errors.ts";
import type { Step } from "../../model.ts";
import { describedGraphStep } from "../../command/graph.ts";
import { describedRun } from "../../command/runs.ts";
import { type Cell, readNotebook } from "../data/cells.ts";
import { readSource, titleOf } from "../data/source.ts";
import { idOf, type Route } from "../route.ts";
import type { Site } from "../site.ts";
import { named } from "./components.ts";
import { describedRecord } from "./records.ts";
import { get } from "./describe.ts";
import { list, object, orNull, text, whole } from "./schema.ts";

export const stepApi: readonly Route[] = [
  get(
    "/api/graph",
    "the steps and their edges, as the files are now",
    { answer: object({ steps: list(named("GraphStep")), failure: orNull(named("Failure")) }) },
    graph,
  ),
  get(
    "/api/steps",
    "the steps with what became of them in the newest run, and what is stale",
    { answer: object({ run: orNull(named("Run")), steps: list(named("StepNow")), failure: orNull(named("Failure")) }) },
    steps,
  ),
  get(
    "/api/steps/:step",
    "a step: prose, code, state and the record that is shown",
    {
      answer: object({
        now: named("StepNow"),
        prose: text,
        code: orNull(object({ file: text, firstLine: whole, text })),
        graph: orNull(named("GraphStep")),
        record: orNull(named("Record")),
        failure: orNull(named("Failure")),
      }),
    },
    step,
  ),
  get(
    "/api/params",
    "the params that a run may set, with their defaults",
    { answer: object({ params: list(named("ParamOfStep")) }) },
    params,
  ),
];

async function graph(site: Site) {
  const { graph: found, failure } = await site.graph();
  return { steps: (found?.steps ?? []).map(describedGraphStep), failure };
}

async function steps(site: Site) {
  const { run, cells, failure } = await readNotebook(site);
  return { run: run ? describedRun(run) : null, steps: cells.map((cell) => now(site, cell)), failure };
}

async function step(site: Site, context: Context) {
  const id = idOf(context, "step");
  const cell = (await readNotebook(site)).cells.find((each) => each.id === id) ?? fail("E_NOT_FOUND", `there is no step ${id}`);
  const source = cell.step && readSource(site.project, cell.step.file);
  return {
    now: now(site, cell),
    prose: source?.prose ?? "",
    code: source && cell.step ? { file: cell.step.file, firstLine: source.firstLine, text: source.code } : null,
    graph: cell.step ? describedGraphStep(cell.step) : null,
    record: cell.record ? describedRecord(cell.record) : null,
    failure: cell.failure,
  };
}

function now({ project }: Site, { id, step: found, state, reason, record, row, live }: Cell) {
  const progress = live?.progress && { progress: live.progress };
  return {
    step: id,
    state,
    reason,
    title: title(project, id, found),
    record: record?.id ?? null,
    ms: row?.ms ?? record?.ms ?? null,
    attempts: row?.attempts ?? null,
    live: live ? { attempt: live.attempt, since: new Date(live.since).toISOString(), ...progress } : null,
  };
}

function title(project: string, id: string, found: Step | undefined): string {
  return (found && titleOf(readSource(project, found.file).prose)) ?? id;
}

async function params(site: Site) {
  const { graph: found } = await site.graph();
  return { params: (found?.steps ?? []).flatMap((each) => each.params.map((use) => ({ ...use, step: each.id }))) };
}
