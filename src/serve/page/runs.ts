import { formatDuration } from "../../report/format.ts";
import type { LaidOut } from "../answer.ts";
import { readGrid } from "../data/runs.ts";
import { underWay } from "../data/under-way.ts";
import { html, type Html } from "../html.ts";
import { beyond } from "../part/beyond.ts";
import { badge } from "../part/icons.ts";
import type { Site } from "../site.ts";
import { layout, runLink, when } from "./layout.ts";

const pageSize = 50;
const signs = { ran: "✓", cached: "=", failed: "✕", skipped: "–", cancelled: "◌", running: "●", waiting: "○" } as const;
const statuses = ["succeeded", "failed", "cancelled", "interrupted", "running"] as const;

/** Runs × steps: what became of each step in each run. */
export function runsPage(site: Site, offset: number, wish: string | undefined): LaidOut {
  const status = statuses.find((each) => each === wish) ?? null;
  const { total, runs, steps, cells } = readGrid(site.kept.db, offset, pageSize, status);
  const heads = steps.map((step) => html`<th scope="col" title="${step}"><span class="upright">${step}</span></th>`);
  const rows = runs.map((run, index) => {
    const ms = run.finishedAt === null ? null : Date.parse(run.finishedAt) - Date.parse(run.startedAt);
    const going = underWay(site.project, run);
    const marks = steps.map((step) => {
      const cell = cells.get(`${run.id} ${step}`);
      const doing = cell ? undefined : going.get(step);
      if (doing) return mark(doing, signs[doing], `${step}: ${doing}`);
      if (!cell) return html`<td class="mark-cell s-never"><span class="hidden">not part</span></td>`;
      const state = cell.status === "cached" ? "reused" : cell.status;
      return mark(state, signs[cell.status], `${step}: ${state}${cell.ms > 0 ? `, ${formatDuration(cell.ms)}` : ""}`);
    });
    return html`<tr id="row-${run.id}"><td><label class="pick"><input type="checkbox" name="run" value="${run.id}" aria-label="Compare ${run.id}"${index < 2 && offset === 0 && html` checked`}></label></td><th scope="row">${runLink(run)}</th><td>${badge(run.status)}</td><td class="number">${ms === null ? "" : formatDuration(ms)}</td>${marks}<td class="quiet">${when(run.startedAt)}</td><td class="quiet">${run.trigger}</td><td class="mono quiet">${Object.entries(run.params).map(([name, value]) => `${name}=${value} `)}</td></tr>`;
  });
  const link = (to: number, sign: string, label: string, on: boolean) =>
    on
      ? html`<a class="button" href="/runs?offset=${to}${status && `&status=${status}`}" aria-label="${label}">${sign}</a>`
      : html`<span class="quiet">${sign}</span>`;
  const main = html`<h1>Runs</h1>
<p class="filter-line"><a href="/runs"${status === null && html` aria-current="true"`}>all</a>${statuses.map((each) => html` <a href="/runs?status=${each}"${status === each && html` aria-current="true"`}>${each}</a>`)}</p>
${
  runs.length === 0
    ? total === 0
      ? html`<p class="empty">No runs ${status ?? "yet"}.</p>`
      : beyond(total, "run", status === null ? "/runs" : `/runs?status=${status}`)
    : html`<form action="/compare" method="get" data-compare>
<div class="scroll grid-box" tabindex="0" role="region" aria-label="Runs and steps"><table class="data grid"><thead><tr><th><span class="hidden">compare</span></th><th>run</th><th>status</th><th class="number">time</th>${heads}<th>started</th><th>trigger</th><th>params</th></tr></thead><tbody>${rows}</tbody></table></div>
<p class="pager">${link(Math.max(0, offset - pageSize), "‹", "Newer runs", offset > 0)}<span>${(offset + 1).toLocaleString("en-US")}–${(offset + runs.length).toLocaleString("en-US")} of ${total.toLocaleString("en-US")}</span>${link(offset + pageSize, "›", "Older runs", offset + pageSize < total)}<button class="right">Compare two</button></p></form>`
}`;
  return layout(site, { title: "Runs", at: "/runs", main, wide: true });
}

function mark(state: string, sign: string, words: string): Html {
  return html`<td class="mark-cell s-${state}" title="${words}"><span aria-hidden="true">${sign}</span><span class="hidden">${state}</span></td>`;
}
