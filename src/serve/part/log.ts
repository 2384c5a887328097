import { formatBytes } from "../../report/format.ts";
import type { Cell } from "../data/cells.ts";
import { readLogEnd } from "../data/logs.ts";
import { html, type Html } from "../html.ts";
import type { Site } from "../site.ts";

/**
 * What a step printed: folded, open while it runs or where it failed. Of a step that did not run in this run it is what
 * it printed when it did, or when it failed.
 * While a step runs it is there, though hidden, before the first line: lines then come without the page being made anew.
 */
export function logBox(
  site: Pick<Site, "project">,
  cell: Pick<Cell, "id" | "row" | "record" | "state" | "failedIn">,
  run: string,
): Html | undefined {
  const { id, state } = cell;
  const source = sourceOf(cell, run);
  const running = state === "running" || state === "retrying";
  const log = readLogEnd(site.project, source.run, source.step, running);
  if (!running && (!log || log.bytes === 0)) return undefined;
  const { lines = [], whole = 0, cut = false, bytes = 0 } = log ?? {};
  const open = running || state === "failed";
  const raw = `/runs/${source.run}/steps/${source.step}/log`;
  return html`<details class="fold" data-keep="log-${id}"${open && html` open`}${lines.length === 0 && html` hidden`}><summary>Log${!running && html` <span class="quiet">${formatBytes(bytes)}${source.run !== run && html`, run ${source.run}`}</span>`}</summary>
<div class="log-tools" data-still><input type="search" placeholder="Find in the log" aria-label="Find in the log of ${id}" data-find><a href="${raw}" download="${source.step}.log">Download</a>${source.run !== run && html`<a href="/runs/${source.run}">Its run</a>`}</div>
${cut && html`<p class="note">Only the end is shown. <a href="${raw}">All of it</a></p>`}
<pre class="log" tabindex="0" data-log="${source.run}/${source.step}" data-bytes="${whole}">${lines.map((line) => html`<span class="line${/^--- attempt \d+ ---$/.test(line) && " attempt"}">${line}\n</span>`)}</pre></details>`;
}

function sourceOf(
  { id, row, record, state, failedIn }: Pick<Cell, "id" | "row" | "record" | "state" | "failedIn">,
  run: string,
): { readonly run: string; readonly step: string } {
  if (failedIn !== undefined) return { run: failedIn, step: id };
  const ranBefore = row ? row.status === "cached" : state === "earlier" || state === "stale";
  return ranBefore && record ? { run: record.run, step: record.step } : { run, step: id };
}
