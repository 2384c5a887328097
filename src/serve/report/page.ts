import { createHash } from "node:crypto";
import { countOf, formatDuration } from "../../report/format.ts";
import type { Assets } from "../assets.ts";
import { html, type Html, trusted } from "../html.ts";
import { drawing } from "../page/graph.ts";
import { failureBox } from "../part/failure.ts";
import { badge } from "../part/icons.ts";
import type { Site } from "../site.ts";
import { cellPart } from "./cell.ts";
import { contentsOf } from "./contents.ts";
import type { Document } from "./document.ts";

/** A run as one file that needs nothing else: it may load nothing, and only the script with this very hash runs. */
export async function reportPage(
  site: Pick<Site, "project">,
  document: Document,
  assets: Pick<Assets, "report" | "style">,
): Promise<string> {
  const { name, run, cells } = document;
  const contents = contentsOf(document);
  const script = `sha256-${createHash("sha256").update(assets.report).digest("base64")}`;
  const policy = `default-src 'none'; script-src '${script}'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'`;
  const parts = await Promise.all(cells.map((cell) => cellPart(site, cell)));
  const made = html`<!doctype html>
<!--
${trusted([`${name}, run ${run.id}: a report made by stepbook. Embedded:`, ...contents].map(commentLine).join("\n"))}
-->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${name} · ${run.id}</title>
<link rel="icon" href="data:,">
<style>${trusted(assets.style)}</style>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top"><a class="brand" href="#main"><span class="mark" aria-hidden="true"></span><span>${name}</span></a><nav aria-label="Parts"><a href="#main">Notebook</a><a href="#graph">Graph</a><a href="#contents">In this file</a></nav></header>
<div class="frame with-aside">
<aside class="outline"><nav aria-label="Steps"><ol>${cells.map((cell) => html`<li><a href="#step-${cell.id}"><span class="dot s-${cell.state}" aria-hidden="true"></span><span>${cell.title}</span><span class="hidden">${cell.state}</span></a></li>`)}</ol></nav></aside>
<main id="main" tabindex="-1">
<h1 class="hidden">${name}</h1>
<div class="run-head">${runLine(document)}</div>
${await failuresPart(site, document)}
${parts}
${cells.length === 0 && html`<p class="empty">No step was part of this run.</p>`}
<section class="cell" id="graph"><h2>Graph</h2><div class="scroll graph-box" tabindex="0" role="region" aria-label="Graph of the steps">${drawing(
    cells.map(({ id, state, edges, ms }) => ({ id, state, edges, time: ms > 0 ? formatDuration(ms) : "" })),
    false,
  )}</div></section>
<section class="cell" id="contents"><h2>In this file</h2><p class="note">Whoever has this file has all of this:</p><ul class="note">${contents.map((line) => html`<li>${line}</li>`)}</ul></section>
</main>
</div>
<script>${trusted(assets.report)}</script>
</body>
</html>
`;
  // Not part of HTML, and a terminal would obey them.
  return made.text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "");
}

/** An error first: it is why a failed run's report is opened. */
async function failuresPart(site: Pick<Site, "project">, { cells }: Document): Promise<Html | false> {
  const failed = cells.filter((cell) => cell.failure !== null);
  const boxes = await Promise.all(
    failed.map(async ({ id, failure }) => html`<h2 class="mono"><a href="#step-${id}">${id}</a></h2>${await failureBox(site, failure!)}`),
  );
  return boxes.length > 0 && html`<section class="broken" aria-label="${countOf(boxes.length, "failure")}">${boxes}</section>`;
}

function runLine({ run }: Document): Html {
  const ms = run.finishedAt === null ? null : Date.parse(run.finishedAt) - Date.parse(run.startedAt);
  const params = Object.entries(run.params).map(([name, value]) => html` <span class="chip mono">${name}=${value}</span>`);
  return html`<p class="run-line">${badge(run.status)} <span class="mono">${run.id}</span> <span class="quiet"><time datetime="${run.startedAt}">${inUtc(run.startedAt)}</time>${ms !== null && html` · ${formatDuration(ms)}`} · ${run.trigger}${run.logicalDate !== run.startedAt && html` · for ${run.logicalDate}`}</span>${params}</p>`;
}

/** The same on every machine. */
export function inUtc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** Nothing in a comment may end it. */
function commentLine(line: string): string {
  return `  ${line.replace(/[\r\n]+/g, " ").replace(/-(?=-)|[<>]/g, (found) => (found === "-" ? "- " : ""))}`;
}
