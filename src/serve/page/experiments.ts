import type { ResultRow } from "../../record/results.ts";
import type { LaidOut } from "../answer.ts";
import { keysOf, nameOf, readExperiments, type Results, shownColumns, tablesOf } from "../data/results.ts";
import { addressOf, type ExperimentsQuery } from "../data/results-query.ts";
import { html, type Html } from "../html.ts";
import { axisOf } from "../part/axis.ts";
import { heatmap } from "../part/heatmap.ts";
import { parallel } from "../part/parallel.ts";
import { pickedPart } from "../part/picked.ts";
import { resultsTable } from "../part/results-table.ts";
import { scatter } from "../part/scatter.ts";
import type { Site } from "../site.ts";
import { layout } from "./layout.ts";

/** Rows that the page shows at most, the newest that have what is sought, and of these what it draws. Programs and files get all. */
const [mostRows, mostDrawn] = [20_000, 5000];

const plots = ["scatter", "parallel", "heatmap"] as const;
/** Rows that are compared at most. */
const mostPicked = 8;

export function experimentsPage(site: Site, query: ExperimentsQuery): LaidOut {
  const { columns, rows, cut } = readExperiments(site, query, mostRows);
  const shown =
    query.columns.length > 0 ? shownColumns(columns, query.columns) : columns.filter((name) => rows.some((row) => row[name] !== null));
  const keys = keysOf(site, query.table, columns);
  const ticked = rows.filter((row) => query.picked.includes(nameOf(row, keys)));
  const picked = ticked.slice(0, mostPicked);
  const drawn = rows.length > mostDrawn ? [...new Set([...rows.slice(0, mostDrawn), ...picked])] : rows;
  const chosen = { ...query, ...axesFor(drawn, columns, query) };
  const main = html`<h1>Experiments</h1>
${tools(site, chosen, columns, shown)}
${
  rows.length === 0
    ? html`<p class="empty">No results${query.find && ` with “${query.find}”`}. <code>record(table, row)</code> in a step adds one.</p>`
    : html`
${plotPart(drawn, shown, chosen, new Set(picked))}
${drawn !== rows && html`<p class="note">Drawn are ${mostDrawn.toLocaleString("en-US")} rows, those that the table shows first.</p>`}
${ticked.length === 1 && html`<p class="note">One row is ticked: tick another to compare them.</p>`}
${ticked.length > mostPicked && html`<p class="note">Compared are the first ${mostPicked} of ${ticked.length} that are ticked.</p>`}
${picked.length > 1 && pickedPart(picked, columns, keys)}
${resultsTable(rows, cut, shown, keys, query)}`
}`;
  return layout(site, { title: "Experiments", at: "/experiments", main, wide: true });
}

/** What a plot shows where nothing is chosen: a metric over time; for a heatmap two columns with few values. */
function axesFor(
  rows: Results["rows"],
  columns: readonly string[],
  { x, y, z, plot }: ExperimentsQuery,
): Pick<ExperimentsQuery, "x" | "y" | "z"> {
  const numeric = columns.filter((name) => rows.some((row) => typeof row[name] === "number"));
  const metric = numeric.find((name) => /accuracy|score|loss|error|auc|f1/.test(name)) ?? numeric[0] ?? "";
  const valid = (name: string) => (columns.includes(name) ? name : "");
  if (plot !== "heatmap")
    return {
      x: valid(x) || columns.find((name) => name.endsWith("datetime")) || numeric[0] || "",
      y: valid(y) || metric,
      z: valid(z) || metric,
    };
  const few = columns.filter(
    (name) => name !== metric && axisOf(rows, name).distinct > 1 && axisOf(rows, name).distinct <= Math.max(2, rows.length / 2),
  );
  return {
    x: valid(x) || few[0] || numeric[0] || "",
    y: valid(y) || few.find((name) => name !== (valid(x) || few[0])) || numeric.at(-1) || "",
    z: valid(z) || metric,
  };
}

function plotPart(rows: Results["rows"], shown: readonly string[], query: ExperimentsQuery, picked: ReadonlySet<ResultRow>): Html {
  const tabs = plots.map(
    (plot) =>
      html`<a href="${addressOf({ ...query, x: "", y: "", z: "" }, { plot })}"${plot === query.plot && html` aria-current="true"`}>${plot}</a>`,
  );
  const drawn = numberless(rows, query.plot === "scatter" ? query.y : query.z)
    ? undefined
    : query.plot === "parallel"
      ? parallel(rows, shown, query.z, picked)
      : query.plot === "heatmap"
        ? heatmap(rows, query.x, query.y, query.z)
        : query.y && scatter(rows, query.x, query.y, picked);
  return html`<p class="filter-line">${tabs}</p>${drawn || html`<p class="note">Nothing to draw: ${whyNothing(rows, query)}</p>`}`;
}

function numberless(rows: Results["rows"], column: string): boolean {
  return rows.every((row) => typeof row[column] !== "number");
}

function whyNothing(rows: Results["rows"], { plot, y, z }: ExperimentsQuery): string {
  const metric = plot === "scatter" ? y : z;
  if (!numberless(rows, metric)) return plot === "parallel" ? `no column but ${metric} differs.` : "the columns do not differ.";
  const other = Object.keys(rows[0]!).find((name) => !numberless(rows, name));
  return other === undefined ? "no column has numbers." : `${metric} has no numbers. Choose one that has, such as ${other}.`;
}

function tools(site: Site, query: ExperimentsQuery, columns: readonly string[], shown: readonly string[]): Html {
  const choose = (name: string, label: string, value: string) =>
    html`<label>${label} <select name="${name}">${columns.map((each) => html`<option${each === value && html` selected`}>${each}</option>`)}</select></label>`;
  const axes =
    query.plot === "parallel"
      ? choose("z", "colour", query.z)
      : query.plot === "heatmap"
        ? [choose("x", "across", query.x), choose("y", "down", query.y), choose("z", "metric", query.z)]
        : [choose("x", "x", query.x), choose("y", "y", query.y)];
  const hidden = [
    ["sort", query.sort],
    ["down", query.sort && query.down ? "1" : ""],
    ["plot", query.plot],
    ...query.picked.map((name) => ["pick", name]),
  ].filter(([, value]) => value !== "");
  return html`<form action="/experiments" method="get" data-still class="tools"><input type="hidden" name="of" value="${query.table}"><label>table <select name="table">${tablesOf(site, query.table).map((each) => html`<option${each === query.table && html` selected`}>${each}</option>`)}</select></label><label>find <input type="search" name="find" value="${query.find}"></label>${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${columns.length > 0 && axes}<button>Show</button>
${columns.length > 0 && html`<details class="fold"><summary>Columns</summary><fieldset><legend class="hidden">Columns</legend>${columns.map((name) => html`<label><input type="checkbox" name="column" value="${name}"${shown.includes(name) && html` checked`}>${name}</label>`)}</fieldset></details>`}</form>`;
}
