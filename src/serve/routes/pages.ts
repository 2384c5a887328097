import { createReadStream } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import type { Context } from "hono";
import { fail } from "../../errors.ts";
import { toJson } from "../../json.ts";
import { usualTable } from "../../record/defined-tables.ts";
import { file, json, page } from "../answer.ts";
import { find } from "../data/find.ts";
import { readModels } from "../data/models.ts";
import { asCsv, ofColumns, readExperiments, type Results } from "../data/results.ts";
import type { ExperimentsQuery } from "../data/results-query.ts";
import { comparePage } from "../page/compare.ts";
import { experimentsPage } from "../page/experiments.ts";
import { graphPage } from "../page/graph.ts";
import { modelPage, modelsPage } from "../page/models.ts";
import { newRunPage } from "../page/new.ts";
import { notebookPage } from "../page/notebook.ts";
import { runPage } from "../page/run.ts";
import { runsPage } from "../page/runs.ts";
import { schedulePage } from "../page/schedule.ts";
import { idOf, type Route, wholeOf } from "../route.ts";
import type { Site } from "../site.ts";

export const pageRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/",
    summary: "the notebook of the newest run",
    answers: "page",
    handle: async (site) => page(await notebookPage(site)),
  },
  {
    method: "GET",
    path: "/runs/:run/notebook",
    summary: "the notebook of one run",
    answers: "page",
    handle: async (site, context) => page(await notebookPage(site, idOf(context, "run"))),
  },
  {
    method: "GET",
    path: "/graph",
    summary: "the steps and their edges",
    answers: "page",
    handle: async (site, context) => page(await graphPage(site, context.req.query("exports") !== undefined)),
  },
  {
    method: "GET",
    path: "/runs",
    summary: "runs × steps",
    answers: "page",
    handle: (site, context) => page(runsPage(site, wholeOf(context.req.query("offset"), 0, 1e9), context.req.query("status"))),
  },
  {
    method: "GET",
    path: "/runs/:run",
    summary: "one run",
    answers: "page",
    handle: async (site, context) => page(await runPage(site, idOf(context, "run"))),
  },
  { method: "GET", path: "/compare", summary: "what differs between two runs", answers: "page", handle: compare },
  {
    method: "GET",
    path: "/experiments",
    summary: "the recorded results",
    answers: "page",
    handle: (site, context) => page(experimentsPage(site, experiments(site, context))),
  },
  {
    method: "GET",
    path: "/experiments.csv",
    summary: "the recorded results as CSV",
    answers: "file",
    handle: (site, context) => file(asCsv(asked(site, context)), "text/csv; charset=utf-8"),
  },
  {
    method: "GET",
    path: "/experiments.json",
    summary: "the recorded results as JSON",
    answers: "file",
    handle: (site, context) => file(toJson(asked(site, context).rows), "application/json; charset=utf-8"),
  },
  { method: "GET", path: "/models", summary: "the saved models", answers: "page", handle: (site) => page(modelsPage(site)) },
  {
    method: "GET",
    path: "/models/:model",
    summary: "the versions of a model",
    answers: "page",
    handle: (site, context) => page(modelPage(site, idOf(context, "model"))),
  },
  { method: "GET", path: "/models/:model/:version/file", summary: "a version of a model as its file", answers: "file", handle: modelFile },
  {
    method: "GET",
    path: "/find",
    summary: "steps, models, runs and pages that have these words",
    answers: "json",
    handle: async (site, context) => json(await find(site, (context.req.query("q") ?? "").slice(0, 200))),
  },
  {
    method: "GET",
    path: "/schedule",
    summary: "the schedules, their slots, and what a backfill would run",
    answers: "page",
    handle: (site, context) => page(schedulePage(site, context.req.query())),
  },
  { method: "GET", path: "/new", summary: "the form of a run", answers: "page", handle: async (site) => page(await newRunPage(site)) },
];

/** Two runs: named, or the two that are ticked in the grid, the newer of which comes first there. */
async function compare(site: Site, context: Context): Promise<Response> {
  const [newer, older, ...others] = context.req.queries("run") ?? [];
  if (others.length > 0)
    fail("E_USAGE", `two runs are compared, and ${others.length + 2} are ticked`, { remedy: "tick two in the list of runs" });
  const [before, after] = [context.req.query("before") ?? older, context.req.query("after") ?? newer];
  if (before === undefined || after === undefined)
    return fail("E_USAGE", "two runs are compared", { remedy: "tick two in the list of runs" });
  return page(await comparePage(site, before, after));
}

function experiments(site: Site, context: Context): ExperimentsQuery {
  const words = context.req.query();
  const text = (name: string) => (words[name] ?? "").slice(0, 200);
  const [table, plot, find] = [text("table") || usualTable(site.project), plotOf(words["plot"]), text("find")];
  // Where another table is chosen, the rest is said of the one before.
  if (words["of"] !== undefined && words["of"] !== table)
    return { table, plot, find, sort: "", down: false, columns: [], x: "", y: "", z: "", offset: 0, picked: [] };
  return {
    table,
    plot,
    find,
    sort: text("sort"),
    down: words["down"] === "1",
    columns: (context.req.queries("column") ?? []).slice(0, 500),
    x: text("x"),
    y: text("y"),
    z: text("z"),
    offset: wholeOf(words["offset"], 0, 1e9),
    picked: (context.req.queries("pick") ?? []).slice(0, 50),
  };
}

function plotOf(text: string | undefined): ExperimentsQuery["plot"] {
  return text === "parallel" || text === "heatmap" ? text : "scatter";
}

/** What a page of experiments shows, for a file. */
function asked(site: Site, context: Context): Pick<Results, "columns" | "rows"> {
  const query = experiments(site, context);
  return ofColumns(readExperiments(site, query), query.columns);
}

/** Found by what is kept of models, so that no path comes from the address. */
function modelFile(site: Site, context: Context): Response {
  const [name, version] = [idOf(context, "model"), Number(idOf(context, "version"))];
  const model = readModels(site).find((each) => each.name === name && each.version === version);
  if (!model?.file) return fail("E_NOT_FOUND", "there is no such version, or its file is gone");
  return file(Readable.toWeb(createReadStream(path.join(site.project, model.file))) as ReadableStream, "application/json; charset=utf-8", {
    "content-disposition": `attachment; filename="${name}-v${version}.json"`,
  });
}
