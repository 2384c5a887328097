import { formatDuration } from "../../report/format.ts";
import type { LaidOut } from "../answer.ts";
import { type Cell, type Notebook, readNotebook } from "../data/cells.ts";
import { editsOf } from "../data/edits.ts";
import { readSource, titleOf } from "../data/source.ts";
import { html, type Html } from "../html.ts";
import { codeBlock } from "../part/code.ts";
import { failureBox } from "../part/failure.ts";
import { badge } from "../part/icons.ts";
import { logBox } from "../part/log.ts";
import { outputs } from "../part/outputs.ts";
import { patchPart } from "../part/patch.ts";
import { prose } from "../part/prose.ts";
import type { Site } from "../site.ts";
import { actButton, layout, retryButton, runLine, runLink } from "./layout.ts";

/** The pipeline as one document: prose, code, outputs, step by step. */
export async function notebookPage(site: Site, run?: string): Promise<LaidOut> {
  const notebook = await readNotebook(site, run);
  const cells = await Promise.all(notebook.cells.map((cell) => cellPart(site, cell, notebook)));
  const sections: [string, Html][] = [["run-head", heading(notebook)]];
  if (notebook.failure)
    sections.push(["broken", html`<section class="broken" id="broken">${await failureBox(site, notebook.failure)}</section>`]);
  sections.push(...notebook.cells.map(({ id }, index): [string, Html] => [`step-${id}`, cells[index]!]));
  if (cells.length === 0)
    sections.push(["empty", html`<p class="empty" id="empty">No step yet. A step is a module such as <code>steps/10_fetch.ts</code>.</p>`]);
  return layout(site, {
    title: notebook.newest ? "Notebook" : `Notebook of ${run}`,
    at: "/",
    main: { sections },
    aside: outline(site, notebook),
  });
}

function heading({ run, newest }: Notebook): Html {
  if (!run)
    return html`<div class="run-head" id="run-head"><h1 class="hidden">Notebook</h1><p class="run-line"><span class="quiet">Nothing has run here yet.</span></p></div>`;
  return html`<div class="run-head" id="run-head" data-state="${run.id} ${run.status}"><h1 class="hidden">Notebook</h1>${runLine(run)}${retryButton(run)}${!newest && html`<p class="note">An earlier run. <a href="/">Show the newest</a></p>`}</div>`;
}

function outline(site: Site, { cells }: Notebook): Html {
  const items = cells.map(
    (cell) =>
      html`<li id="outline-${cell.id}"><a href="#step-${cell.id}"><span class="dot s-${cell.state}" aria-hidden="true"></span><span>${titleFor(site, cell)}</span><span class="hidden">${cell.state}</span></a></li>`,
  );
  return html`<nav aria-label="Steps"><ol>${items}</ol></nav>`;
}

function titleFor(site: Site, { id, step }: Cell): string {
  const name = id.replace(/^\d+_/, "").replaceAll(/[_-]/g, " ");
  return (step && titleOf(readSource(site.project, step.file).prose)) ?? name;
}

export async function cellPart(site: Site, cell: Cell, notebook: Pick<Notebook, "run" | "newest">): Promise<Html> {
  const { id, step, state, row, record, failure, failedIn } = cell;
  const { newest } = notebook;
  const source = step && readSource(site.project, step.file);
  const title = titleFor(site, cell);
  const edits = await editsOf(site.project, cell);
  const text = source?.prose.replace(/^#\s+.+$/m, "").trim();
  return html`<section class="cell" id="step-${id}" data-step="${id}" aria-labelledby="title-${id}">
<header class="cell-head">
<h2 id="title-${id}"><a class="mono id" href="#step-${id}">${id}</a>${title}</h2>
<p class="cell-state">${badge(state)}<span class="quiet">${timeOf(cell)}</span>${(state !== "failed" || !row?.failure) && html`<span class="quiet reason">${cell.reason}</span>`}${newest && step && actButton("↻", { from: [id], params: notebook.run?.params ?? {} }, `Run ${id} and all that depends on it`)}</p>
${progressBar(cell)}
</header>
${text && html`<div class="prose">${prose(text)}</div>`}
${failure && state === "failed" && (await failureBox(site, failure))}
${failedIn !== undefined && html`<p class="note">It failed in run ${runLink({ id: failedIn })}.</p>`}
${source && source.code !== "" && html`<details class="fold" data-keep="code-${id}"><summary>Code <span class="quiet mono">${step.file}</span>${edited(cell) && html` <span class="chip warn">edited since</span>`}</summary>${await codeBlock(source.code, { firstLine: source.firstLine })}</details>`}
${edits !== null && html`<details class="fold" data-keep="edits-${id}"><summary>What changed since <span class="mono">${record!.run}</span></summary>${patchPart(edits)}</details>`}
${record && (await outputs(site, record, state))}
${notebook.run && logBox(site, cell, notebook.run.id)}
</section>`;
}

function timeOf({ row, record, state, live }: Cell): string {
  if (live) return live.attempt > 1 ? `attempt ${live.attempt}` : "";
  if (row && row.ms > 0) return `${formatDuration(row.ms)}${row.attempts > 1 ? `, ${row.attempts} attempts` : ""}`;
  if (record && (state === "reused" || state === "earlier" || state === "stale")) return `took ${formatDuration(record.ms)}`;
  return "";
}

/** The code is another one than that which made the outputs below it. */
function edited({ step, record }: Cell): boolean {
  return step !== undefined && record !== undefined && step.code.digest !== record.parts.code;
}

/** An SVG bar, since its length would otherwise need a style. */
function progressBar({ id, state, live }: Cell): Html | false {
  if (state !== "running" && state !== "retrying") return false;
  const { label = "", done = 0, total = null } = live?.progress ?? {};
  const share = total === null || total === 0 ? 0 : Math.min(1, done / total);
  const known = total !== null;
  return html`<div class="progress" data-progress="${id}"><progress ${known && html`value="${share}"`} max="1" aria-label="${id}"></progress><span class="quiet">${live?.progress ? `${label} ${done}${known ? ` of ${total}` : ""}` : ""}</span></div>`;
}
