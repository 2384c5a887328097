import { existsSync } from "node:fs";
import type { Artifact, Effect, MimeBundle } from "../../model.ts";
import type { KeptRecord } from "../../record/records.ts";
import { countOf, formatBytes, formatNumber } from "../../report/format.ts";
import { type Figure, readArtifact } from "../../store/artifacts.ts";
import { modelOf } from "../data/models.ts";
import { html, type Html, type Piece } from "../html.ts";
import type { Site } from "../site.ts";
import { figure } from "./figure.ts";
import type { CellState } from "./icons.ts";
import { shownCell } from "./shown-cell.ts";
import { tableShell } from "./table.ts";
import { hasVega } from "../vega.ts";
import { tree } from "./tree.ts";

/** A value is not taken apart for a page beyond this many bytes. */
const largestValue = 4_000_000;

/** What a step left: what it displayed, its tables, figures and values, its models and results. */
export async function outputs(site: Site, record: KeptRecord, state: CellState): Promise<Html> {
  const named = Object.entries(record.artifacts);
  const of = (codec: Artifact["codec"]) => named.filter(([, artifact]) => artifact.codec === codec);
  const displays = record.displays.map((artifact, index) =>
    figureOf(site, artifact, `display ${index + 1} of ${record.step}`, `/records/${record.id}/displays/${index}`),
  );
  const figures = of("figure").map(([name, artifact]) =>
    output(name, "figure", figureOf(site, artifact, name, `/records/${record.id}/figures/${encodeURIComponent(name)}`)),
  );
  const tables = of("table").map(([name, artifact]) => output(name, shape(artifact), tableShell(record.id, name, artifact.rows ?? 0)));
  const values = of("value").map(
    ([name, artifact]) => html`<div><dt class="mono">${name}</dt><dd>${valueOf(site, record, artifact, name)}</dd></div>`,
  );
  const old = record.step && (state === "failed" || state === "skipped" || state === "cancelled");
  const all: Piece[] = [
    displays,
    figures,
    tables,
    values.length > 0 && html`<dl class="values">${values}</dl>`,
    record.effects.map((effect) => effectPart(site, record, effect)),
  ];
  const none = [displays, figures, tables, values, record.effects].every((each) => each.length === 0);
  if (none) return html``;
  if (old)
    return html`<details class="fold" data-keep="old-${record.step}"><summary>Outputs of an earlier run <span class="quiet mono">${record.run}</span></summary>${all}</details>`;
  const until =
    (state === "waiting" || state === "running" || state === "retrying") &&
    html`<p class="note">Until it is done, the outputs of run <span class="mono">${record.run}</span>:</p>`;
  return html`<div class="outputs">${until}${all}</div>`;
}

function output(name: string, kind: string, content: Html): Html {
  return html`<div class="output"><p class="output-name"><span class="mono">${name}</span> <span class="quiet">${kind}</span></p>${content}</div>`;
}

function shape({ rows = 0, schema = [], bytes }: Artifact): string {
  return `${countOf(rows, "row")} × ${countOf(schema.length, "column")}, ${formatBytes(bytes)}`;
}

function figureOf({ kept, project }: Site, artifact: Artifact, name: string, base: string): Html {
  const bundle = read<Figure>(kept.store.path(artifact), artifact, name)?.bundle;
  if (!bundle) return gone(name);
  return figure(
    bundle satisfies MimeBundle,
    name,
    (mime) => ({ src: `${base}/${mime === "image/svg+xml" ? "svg" : mime === "image/png" ? "png" : "html"}` }),
    hasVega(project) ? `${base}/chart` : undefined,
  );
}

function valueOf({ kept }: Site, { step }: KeptRecord, artifact: Artifact, name: string): Html {
  if (artifact.bytes > largestValue)
    return html`<span class="quiet">a value of ${formatBytes(artifact.bytes)}: <code>show ${step}.${name} --json</code> prints it</span>`;
  const file = kept.store.path(artifact);
  return existsSync(file) ? tree(readArtifact(artifact, file, name)) : gone(name);
}

function read<T>(file: string, artifact: Artifact, name: string): T | undefined {
  return existsSync(file) ? (readArtifact(artifact, file, name) as T) : undefined;
}

function gone(name: string): Html {
  return html`<p class="note">The stored ${name} is gone; the next run makes it anew.</p>`;
}

function effectPart(site: Site, record: KeptRecord, effect: Effect): Html {
  if (effect.kind === "record") {
    const cells = Object.entries(effect.row).filter(([, value]) => value !== null);
    return html`<div class="output"><p class="output-name">recorded into <a href="/experiments?table=${encodeURIComponent(effect.table)}">${effect.table}</a></p>
<dl class="facts">${cells.map(([name, value]) => html`<div><dt>${name}</dt><dd class="mono">${shownCell(value)}</dd></div>`)}</dl></div>`;
  }
  if (effect.kind === "table")
    return html`<div class="output"><p class="output-name">mirrored as the table <span class="mono">${effect.table}</span></p></div>`;
  return html`<div class="output">${modelCard(site, record, effect.name, effect)}</div>`;
}

function modelCard(site: Site, record: KeptRecord, name: string, effect: Extract<Effect, { kind: "model" }>): Html {
  const model = modelOf(site, name, effect.artifact.digest, effect.card.digest);
  if (!model) return gone(name);
  const { version, doc, metrics } = model;
  return html`<article class="model"><p class="output-name">model <a href="/models/${encodeURIComponent(name)}"><strong>${name}</strong> v${version}</a> <span class="quiet">${formatBytes(effect.artifact.bytes)} · made in ${record.run}</span></p>
${doc && html`<p>${doc}</p>`}
<dl class="facts">${Object.entries(metrics).map(([metric, value]) => html`<div><dt>${metric}</dt><dd class="mono">${formatNumber(value)}</dd></div>`)}</dl></article>`;
}
