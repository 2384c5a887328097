import { formatBytes } from "../../report/format.ts";
import type { Cell } from "../data/cells.ts";
import { readLogEnd } from "../data/logs.ts";
import { html, type Html } from "../html.ts";
import type { Site } from "../site.ts";

/**
 * What a step printed: folded, open while it runs or where it failed. A reused step shows what it printed when it ran.
 * While a step runs it is there, though hidden, before the first line: lines then come without the page being made anew.
 */
export function logBox(
  site: Pick<Site, "project">,
  { id, row, record, state }: Pick<Cell, "id" | "row" | "record" | "state">,
  run: string,
): Html | undefined {
  const source = row?.status === "cached" && record ? { run: record.run, step: record.step } : { run, step: id };
  const running = state === "running" || state === "retrying";
  const log = readLogEnd(site.project, source.run, source.step, running);
  if (!running && (!log || log.bytes === 0)) return undefined;
  const { lines = [], whole = 0, cut = false, bytes = 0 } = log ?? {};
  const open = running || state === "failed";
  const raw = `/runs/${source.run}/steps/${source.step}/log`;
  return html`<details class="fold" data-keep="log-${id}"${open && html` open`}${lines.length === 0 && html` hidden`}><summary>Log${!running && html` <span class="quiet">${formatBytes(bytes)}</span>`}</summary>
<div class="log-tools" data-still><input type="search" placeholder="Find in the log" aria-label="Find in the log of ${id}" data-find><a href="${raw}" download="${source.step}.log">Download</a></div>
${cut && html`<p class="note">Only the end is shown. <a href="${raw}">All of it</a></p>`}
<pre class="log" tabindex="0" data-log="${source.run}/${source.step}" data-bytes="${whole}">${lines.map((line) => html`<span class="line${/^--- attempt \d+ ---$/.test(line) && " attempt"}">${line}\n</span>`)}</pre></details>`;
}
