import type { Context } from "hono";
import { describedRun } from "../../command/runs.ts";
import { fail } from "../../errors.ts";
import { startedSteps } from "../../execute/started.ts";
import type { RunStatus } from "../../model.ts";
import { runById, stepCounts } from "../../record/lookup.ts";
import { recordById } from "../../record/records.ts";
import { pageOfRuns, type RunRow, runSteps } from "../../record/runs.ts";
import { type LogEnd, readLogEnd } from "../data/logs.ts";
import { differences } from "../page/compare.ts";
import { idOf, type Route } from "../route.ts";
import type { Site } from "../site.ts";
import { named } from "./components.ts";
import { describedRecord } from "./records.ts";
import { get } from "./describe.ts";
import { wholeAsked } from "./query.ts";
import { about, flag, list, object, orNull, text, whole, words } from "./schema.ts";

const statuses = ["running", "succeeded", "failed", "cancelled", "interrupted"] as const satisfies readonly RunStatus[];

export const runApi: readonly Route[] = [
  get(
    "/api/runs",
    "the runs, newest first",
    {
      query: {
        offset: about("runs to leave out before", whole),
        limit: about("at most 500; else 50", whole),
        status: about("runs of this status only", words(...statuses)),
      },
      answer: object({ total: whole, offset: whole, runs: list(named("Run")) }),
    },
    runs,
  ),
  get("/api/runs/:run", "one run with its steps", { answer: named("RunWithSteps") }, (site, context) => {
    const run = runOf(site, idOf(context, "run"));
    return { ...describedRun(run), steps: runSteps(site.kept.db, run.id) };
  }),
  get(
    "/api/runs/:run/steps/:step",
    "a step of a run, with the record that it made or reused",
    { answer: object({ run: text, outcome: named("RunStep"), record: orNull(named("Record")) }) },
    step,
  ),
  get(
    "/api/runs/:run/steps/:step/log",
    "the end of what a step printed",
    {
      answer: object({
        run: text,
        step: text,
        lines: list(text),
        bytes: about("of the whole log", whole),
        cut: about("there is more before the first line", flag),
      }),
    },
    log,
  ),
  get(
    "/api/compare",
    "what differs between two runs: code, params, data, metrics",
    {
      query: { before: about("a run's id", text), after: about("a run's id", text) },
      answer: object({ before: named("Run"), after: named("Run"), differences: list(named("Difference")) }),
    },
    compare,
  ),
];

function runOf(site: Site, id: string): RunRow {
  return runById(site.kept.db, id) ?? fail("E_NOT_FOUND", `there is no run ${id}`, { remedy: "/api/runs lists them" });
}

function runs(site: Site, context: Context) {
  const asked = context.req.query();
  const [offset, limit] = [wholeAsked(context, "offset", 0, 1e9), wholeAsked(context, "limit", 50, 500)];
  const status =
    asked["status"] === undefined
      ? null
      : (statuses.find((each) => each === asked["status"]) ??
        fail("E_USAGE", "there is no such status", { remedy: `known: ${statuses.join(", ")}` }));
  const { total, runs: rows } = pageOfRuns(site.kept.db, offset, limit, status);
  const counts = stepCounts(
    site.kept.db,
    rows.map(({ id }) => id),
  );
  return { total, offset, runs: rows.map((row) => ({ ...describedRun(row), steps: counts.get(row.id) })) };
}

function step(site: Site, context: Context) {
  const [run, id] = [runOf(site, idOf(context, "run")), idOf(context, "step")];
  const outcome = runSteps(site.kept.db, run.id).find((each) => each.step === id) ?? fail("E_NOT_FOUND", `run ${run.id} has no step ${id}`);
  const record = outcome.record === null ? undefined : recordById(site.kept.db, outcome.record);
  return { run: run.id, outcome, record: record ? describedRecord(record) : null };
}

function log(site: Site, context: Context) {
  const [run, id] = [idOf(context, "run"), idOf(context, "step")];
  const found =
    readLogEnd(site.project, run, id) ??
    nothingOf(site, run, id) ??
    fail("E_NOT_FOUND", `there is no log of ${id} in run ${run}`, { remedy: "a reused step printed in the run that made its record" });
  return { run, step: id, lines: found.lines, bytes: found.bytes, cut: found.cut };
}

/** A step that printed nothing has no log. */
function nothingOf({ project }: Site, run: string, id: string): LogEnd | undefined {
  return startedSteps(project, run).has(id) ? { lines: [], bytes: 0, whole: 0, cut: false } : undefined;
}

async function compare(site: Site, context: Context) {
  const { before, after } = context.req.query();
  if (!before || !after) return fail("E_USAGE", "two runs are compared", { remedy: "/api/compare?before=<run>&after=<run>" });
  const [old, fresh] = [runOf(site, before), runOf(site, after)];
  return { before: describedRun(old), after: describedRun(fresh), differences: await differences(site, old, fresh) };
}
