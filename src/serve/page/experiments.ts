import { readResultTables } from "../../record/experiments.ts";
import { readResults, type ResultRow } from "../../record/results.ts";
import { formatNumber } from "../../report/format.ts";
import { html, type Html } from "../html.ts";
import { scatter } from "../part/scatter.ts";
import type { Site } from "../site.ts";
import { layout } from "./layout.ts";

/** Rows that are read at most; the newest. */
const mostRows = 5000;

export interface ExperimentsQuery {
  readonly table: string;
  readonly sort: string;
  readonly down: boolean;
  readonly find: string;
  /** Columns that are shown; none: those that differ or say something. */
  readonly columns: readonly string[];
  readonly x: string;
  readonly y: string;
}

export interface Results {
  readonly columns: readonly string[];
  readonly rows: readonly ResultRow[];
}

/** The recorded results as they are asked for. @throws E_NOT_FOUND for a table that is not there */
export function readExperiments({ project }: Site, { table, sort, down, find }: Pick<ExperimentsQuery, "table" | "sort" | "down" | "find">): Results {
  const all = readResults(project, table, mostRows);
  const wish = find.toLowerCase();
  const rows = wish === "" ? [...all] : all.filter((row) => Object.values(row).some((value) => value !== null && String(value).toLowerCase().includes(wish)));
  if (sort !== "") rows.sort((a, b) => compare(a[sort], b[sort]) * (down ? -1 : 1));
  return { columns: Object.keys(all[0] ?? {}), rows };
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return -1;
  if (b === null || b === undefined) return 1;
  return typeof a === "string" || typeof b === "string" ? String(a).localeCompare(String(b)) : Number(a) - Number(b);
}

export function experimentsPage(site: Site, query: ExperimentsQuery): Html {
  const { columns, rows } = readExperiments(site, query);
  const shown = query.columns.length > 0 ? columns.filter((name) => query.columns.includes(name)) : columns.filter((name) => rows.some((row) => row[name] !== null));
  const numeric = columns.filter((name) => rows.some((row) => typeof row[name] === "number"));
  const x = query.x || columns.find((name) => name.endsWith("datetime")) || numeric[0] || "";
  const y = query.y || numeric.find((name) => /accuracy|score|loss|auc|f1/.test(name)) || numeric[0] || "";
  const kept = Object.entries({ table: query.table, find: query.find, sort: query.sort, down: query.down ? "1" : "", x: query.x, y: query.y });
  const address = (change: Record<string, string>) => {
    const all = [...query.columns.map((name) => ["column", name]), ...Object.entries({ ...Object.fromEntries(kept), ...change }).filter(([, value]) => value !== "")];
    return `/experiments?${new URLSearchParams(all as [string, string][])}`;
  };
  const heads = shown.map((name) => {
    const isSorted = query.sort === name;
    return html`<th scope="col" aria-sort="${isSorted ? (query.down ? "descending" : "ascending") : "none"}"><a href="${address({ sort: name, down: isSorted && !query.down ? "1" : "" })}">${name}${isSorted && (query.down ? " ↓" : " ↑")}</a></th>`;
  });
  const choose = (name: string, value: string, all: readonly string[]) => html`<label>${name} <select name="${name}">${all.map((each) => html`<option${each === value && html` selected`}>${each}</option>`)}</select></label>`;
  const main = html`<h1>Experiments</h1>
<form action="/experiments" method="get" data-still class="tools">${choose("table", query.table, tablesOf(site, query.table))}<label>find <input type="search" name="find" value="${query.find}"></label>${query.sort && html`<input type="hidden" name="sort" value="${query.sort}"><input type="hidden" name="down" value="${query.down ? "1" : ""}">`}
${columns.length > 0 && html`${choose("x", x, columns)}${choose("y", y, numeric)}`}<button>Show</button>
${columns.length > 0 && html`<details class="fold"><summary>Columns</summary><fieldset><legend class="hidden">Columns</legend>${columns.map((name) => html`<label><input type="checkbox" name="column" value="${name}"${shown.includes(name) && html` checked`}>${name}</label>`)}</fieldset></details>`}</form>
${rows.length === 0 ? html`<p class="empty">No results${query.find && ` with “${query.find}”`}. <code>record(table, row)</code> in a step adds one.</p>` : html`${y && scatter(rows, x, y)}
<div class="scroll grid-box" tabindex="0" role="region" aria-label="Results"><table class="data"><thead><tr>${heads}</tr></thead><tbody>${rows.slice(0, 500).map((row) => html`<tr>${shown.map((name) => html`<td${typeof row[name] === "number" && html` class="number"`}>${cell(row[name])}</td>`)}</tr>`)}</tbody></table></div>
<p class="pager"><span>${rows.length.toLocaleString("en-US")} rows${rows.length > 500 && ", the first 500 shown"}</span><a href="${address({}).replace("/experiments", "/experiments.csv")}" download>CSV</a> <a href="${address({}).replace("/experiments", "/experiments.json")}" download>JSON</a></p>`}`;
  return layout(site, { title: "Experiments", at: "/experiments", main });
}

export function tablesOf({ project }: Pick<Site, "project">, current: string): string[] {
  try {
    return [...new Set([...readResultTables(project).tables.keys(), current])];
  } catch {
    return [current]; // what is wrong with experiments.sql the run says
  }
}

function cell(value: unknown): string {
  return value === null || value === undefined ? "" : typeof value === "number" ? formatNumber(value) : String(value);
}

/** As RFC 4180 has it. A text that a spreadsheet would take for a formula is kept a text. */
export function asCsv({ columns, rows }: Results): string {
  const field = (value: unknown) => {
    const text = value === null || value === undefined ? "" : typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map(field), ...rows.map((row) => columns.map((name) => field(row[name])))].map((line) => `${line.join(",")}\r\n`).join("");
}
