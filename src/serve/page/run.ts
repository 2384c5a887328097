import { startedSteps } from "../../execute/started.ts";
import { recordById } from "../../record/records.ts";
import type { RunRow } from "../../record/runs.ts";
import { formatDuration } from "../../report/format.ts";
import type { LaidOut } from "../answer.ts";
import { type Cell, readNotebook } from "../data/cells.ts";
import { html, type Html } from "../html.ts";
import { failureBox } from "../part/failure.ts";
import { badge } from "../part/icons.ts";
import { logBox } from "../part/log.ts";
import type { Site } from "../site.ts";
import { layout, retryButton, runLine, when } from "./layout.ts";

/** One run: what failed first, then when each step ran, then what each printed. */
export async function runPage(site: Site, id: string): Promise<LaidOut> {
  const { run, cells } = await readNotebook(site, id);
  const part = cells.filter(({ row, state }) => row !== undefined || state === "waiting" || state === "running" || state === "retrying");
  const failed = part.filter(({ row }) => row?.failure);
  const failures = await Promise.all(
    failed.map(async (cell): Promise<[string, Html]> => [
      `failed-${cell.id}`,
      html`<section class="failed-step" id="failed-${cell.id}"><h2 class="mono">${cell.id}</h2>${await failureBox(site, cell.row!.failure!)}${logBox(site, cell, id)}</section>`,
    ]),
  );
  const logs = part
    .filter((cell) => !failed.includes(cell))
    .flatMap((cell): [string, Html][] => {
      const box = logBox(site, cell, id);
      return box
        ? [[`log-of-${cell.id}`, html`<div class="log-of" id="log-of-${cell.id}"><p class="output-name mono">${cell.id}</p>${box}</div>`]]
        : [];
    });
  const before = site.kept.db
    .prepare("SELECT id FROM runs WHERE started_at < ? ORDER BY started_at DESC LIMIT 1")
    .pluck()
    .get(run!.startedAt) as string | undefined;
  const head = html`<div id="run-head" data-state="${id} ${run!.status}"><h1 class="mono run-title">${id}</h1>
${runLine(run!, false)}${retryButton(run!)}
<p class="note"><a href="/runs/${id}/notebook">Its notebook</a>${before && html` · <a href="/compare?before=${before}&after=${id}">Compare with the run before</a>`}${run!.logicalDate !== run!.startedAt && html` · for ${when(run!.logicalDate)}`}</p></div>`;
  const times: [string, Html] = [
    "timeline",
    html`<section id="timeline"><h2 class="part">Timeline</h2>${timeline(site, run!, part)}</section>`,
  ];
  const title: [string, Html][] = logs.length > 0 ? [["logs", html`<h2 class="part" id="logs">Logs</h2>`]] : [];
  return layout(site, { title: `Run ${id}`, at: "/runs", main: { sections: [["run-head", head], ...failures, times, ...title, ...logs] } });
}

interface Bar {
  readonly from: number;
  readonly to: number;
}

/** Gantt: a bar for each step that ran, on one axis. */
function timeline(site: Site, run: RunRow, cells: readonly Cell[]): Html {
  const begin = Date.parse(run.startedAt);
  const started = startedSteps(site.project, run.id);
  const bars = cells.map((cell) => barOf(site, started, cell));
  const end = Math.max(
    begin + 1,
    ...bars.map((bar) => bar?.to ?? 0),
    run.finishedAt ? Date.parse(run.finishedAt) : run.status === "running" ? Date.now() : 0,
  );
  const place = (at: number) => ((1000 * Math.max(0, at - begin)) / (end - begin)).toFixed(1);
  const rows = cells.map((cell, index) => {
    const bar = bars[index];
    const drawn =
      bar &&
      html`<svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true"><rect x="${place(bar.from)}" width="${Math.max(4, Number(place(bar.to)) - Number(place(bar.from))).toFixed(1)}" height="10" rx="1.5"/></svg>`;
    const attempts = cell.row && cell.row.attempts > 1 ? `, ${cell.row.attempts} attempts` : "";
    return html`<li class="s-${cell.state}"><a class="mono" href="/runs/${run.id}/notebook#step-${cell.id}" title="${cell.id}">${cell.id}</a><span class="track">${drawn}</span><span class="time">${badge(cell.state, cell.reason)}<span class="quiet">${cell.row && cell.row.ms > 0 && formatDuration(cell.row.ms)}${attempts}</span></span></li>`;
  });
  return html`<ol class="timeline">${rows}</ol><p class="note">0 to ${formatDuration(end - begin)}</p>`;
}

function barOf(site: Site, started: ReturnType<typeof startedSteps>, { id, row, live }: Cell): Bar | undefined {
  if (live) return { from: live.since, to: Date.now() };
  const record = row?.record == null ? undefined : recordById(site.kept.db, row.record);
  if (row?.status === "ran" && record) return { from: Date.parse(record.finishedAt) - row.ms, to: Date.parse(record.finishedAt) };
  // A failed step leaves no record; when it began is noted.
  const from = row?.status === "cached" ? undefined : started.get(id);
  return from === undefined ? undefined : { from, to: row ? from + row.ms : Date.now() };
}
