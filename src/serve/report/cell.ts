import { countOf, formatBytes, formatDuration, formatNumber } from "../../report/format.ts";
import type { Site } from "../site.ts";
import { html, type Html } from "../html.ts";
import { codeBlock } from "../part/code.ts";
import { failureBox } from "../part/failure.ts";
import { figure } from "../part/figure.ts";
import { badge } from "../part/icons.ts";
import { prose } from "../part/prose.ts";
import { tree } from "../part/tree.ts";
import type { DocumentCell, Log } from "./document.ts";
import type { Output } from "./outputs.ts";
import { embeddedTable } from "./table.ts";

/** A step of a report: the notebook's cell, with all that it shows inside. */
export async function cellPart(site: Pick<Site, "project">, cell: DocumentCell): Promise<Html> {
  const { id, title, code, state, reason, failure, outputs, log } = cell;
  return html`<section class="cell" id="step-${id}" aria-labelledby="title-${id}">
<header class="cell-head">
<h2 id="title-${id}"><a class="mono id" href="#step-${id}">${id}</a>${title}</h2>
<p class="cell-state">${badge(state)}<span class="quiet">${timeOf(cell)}</span>${state !== "failed" && html`<span class="quiet reason">${reason}</span>`}</p>
</header>
${cell.prose && html`<div class="prose">${prose(cell.prose)}</div>`}
${failure && (await failureBox(site, failure))}
${code && html`<details class="fold"><summary>Code <span class="quiet mono">${code.file}</span>${code.asRan && html` <span class="chip warn">as it ran</span>`}</summary>${code.asRan && html`<p class="note">The file was edited since. This is the code that ran, without its comments and types.</p>`}${await codeBlock(code.text, { firstLine: code.firstLine })}</details>`}
${outputs.length > 0 && html`<div class="outputs">${outputsPart(outputs)}</div>`}
${log && logPart(id, log, state === "failed")}
</section>`;
}

function timeOf({ state, ms, attempts }: DocumentCell): string {
  if (ms === 0) return "";
  return `${state === "reused" ? "took " : ""}${formatDuration(ms)}${attempts > 1 ? `, ${attempts} attempts` : ""}`;
}

function outputsPart(outputs: readonly Output[]): Html {
  const values = outputs.filter((output) => output.kind === "value");
  const before = outputs.filter(({ kind }) => kind === "display" || kind === "figure" || kind === "table");
  const after = outputs.filter((output) => output.kind !== "value" && !before.includes(output));
  return html`${before.map(outputPart)}${values.length > 0 && html`<dl class="values">${values.map(({ name, value }) => html`<div><dt class="mono">${name}</dt><dd>${tree(value)}</dd></div>`)}</dl>`}${after.map(outputPart)}`;
}

function outputPart(output: Output): Html {
  switch (output.kind) {
    case "display":
      return figure(output.bundle, output.name, content);
    case "figure":
      return named(output.name, "figure", figure(output.bundle, output.name, content));
    case "table":
      return named(
        output.name,
        `${countOf(output.total, "row")} × ${countOf(output.schema.length, "column")}, ${formatBytes(output.bytes)}`,
        embeddedTable(output),
      );
    case "value":
      return named(output.name, "value", tree(output.value));
    case "recorded":
      return html`<div class="output"><p class="output-name">recorded into ${output.table}</p>${facts(Object.entries(output.row).filter(([, value]) => value !== null))}</div>`;
    case "mirrored":
      return html`<div class="output"><p class="output-name">mirrored as the table <span class="mono">${output.table}</span></p></div>`;
    case "model":
      return html`<div class="output"><article class="model"><p class="output-name">model <strong>${output.name}</strong>${output.version !== null && ` v${output.version}`} <span class="quiet">${formatBytes(output.bytes)}, not in this file</span></p>${output.doc && html`<p>${output.doc}</p>`}${facts(Object.entries(output.metrics))}</article></div>`;
    case "missing":
      return html`<p class="note"><span class="mono">${output.name}</span>: ${output.why}</p>`;
  }
}

function named(name: string, kind: string, inside: Html): Html {
  return html`<div class="output"><p class="output-name"><span class="mono">${name}</span> <span class="quiet">${kind}</span></p>${inside}</div>`;
}

function facts(entries: readonly (readonly [string, unknown])[]): Html {
  return html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd class="mono">${typeof value === "number" ? formatNumber(value) : String(value)}</dd></div>`)}</dl>`;
}

function content(): { readonly content: string } {
  return { content: "" };
}

function logPart(id: string, { lines, bytes, cut }: Log, open: boolean): Html {
  return html`<details class="fold"${open && html` open`}><summary>Log <span class="quiet">${formatBytes(bytes)}</span></summary>
<div class="log-tools"><input type="search" placeholder="Find in the log" aria-label="Find in the log of ${id}" data-find></div>
${cut && html`<p class="note">Only its end is in this file.</p>`}
<pre class="log" tabindex="0">${lines.map((line) => html`<span class="line${/^--- attempt \d+ ---$/.test(line) && " attempt"}">${line}\n</span>`)}</pre></details>`;
}
