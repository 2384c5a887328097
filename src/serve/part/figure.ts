import type { MimeBundle } from "../../model.ts";
import { html, type Html, trusted } from "../html.ts";
import { plainHtml } from "./plain-html.ts";
import { prose } from "./prose.ts";
import { tree } from "./tree.ts";

/** How a figure's bytes get to the page: by an address of the server, or inside the page itself. */
type FigureSource = (mime: string) => { readonly src: string } | { readonly content: string };

const charts = /^application\/vnd\.vega(?:lite)?\.v\d+\+json$/;

/** The specification of a chart, where there is one. */
export function chartOf(bundle: MimeBundle): unknown {
  return bundle[Object.keys(bundle).find((mime) => charts.test(mime)) ?? ""];
}

/**
 * The richest thing that a page shows safely: images are images, foreign HTML and charts are framed.
 * @param chart the address that draws a chart; none where nothing can
 */
export function figure(bundle: MimeBundle, name: string, source: FigureSource, chart?: string): Html {
  const spec = chartOf(bundle);
  if (spec !== undefined && chart !== undefined)
    return html`<iframe class="figure paper" sandbox="allow-scripts" src="${chart}" title="${name}" loading="lazy"></iframe>`;
  const [svg, png, page] = ["image/svg+xml", "image/png", "text/html"].map((mime) => textOf(bundle[mime]));
  if (svg !== undefined) return image("image/svg+xml", name, source, svg);
  if (png !== undefined) return image("image/png", name, source, png);
  const markdown = textOf(bundle["text/markdown"]);
  if (markdown !== undefined) return html`<div class="figure prose">${prose(markdown)}</div>`;
  if (page !== undefined) return framed(page, name, source);
  if (spec !== undefined)
    return html`<div class="figure">${tree(spec)}<p class="note">A chart: ${"src" in source("text/html") ? html`<code>npm i vega vega-lite</code> in the project lets the pages draw it.` : "it is drawn in the pages only."}</p></div>`;
  if (bundle["application/json"] !== undefined) return html`<div class="figure">${tree(bundle["application/json"])}</div>`;
  const plain = textOf(bundle["text/plain"]);
  return html`<pre class="figure text" tabindex="0">${plain ?? `nothing that a page can show: ${Object.keys(bundle).join(", ")}`}</pre>`;
}

/** An image never runs scripts and never loads anything, so an SVG is safe as one. */
function image(mime: string, name: string, source: FigureSource, content: string): Html {
  const from = source(mime);
  const src =
    "src" in from
      ? from.src
      : `data:${mime};base64,${mime === "image/png" ? content.replace(/\s/g, "") : Buffer.from(content).toString("base64")}`;
  return html`<figure class="figure paper"><img src="${src}" alt="${name}" loading="lazy"></figure>`;
}

function framed(content: string, name: string, source: FigureSource): Html {
  if (plainHtml(content)) return html`<div class="figure prose scroll" tabindex="0">${trusted(content)}</div>`;
  const from = source("text/html");
  if ("src" in from)
    return html`<iframe class="figure paper" sandbox="allow-scripts" src="${from.src}" title="${name}" loading="lazy"></iframe>`;
  return html`<iframe class="figure paper" sandbox="" srcdoc="${content}" title="${name}" loading="lazy"></iframe>${scripts.test(content) && html`<p class="note">What its scripts draw is in the pages only.</p>`}`;
}

const scripts = /<script\b/i;

/** Whether a file by itself shows less of it: no script of a step runs there, and nothing draws a chart. */
export function isForPages(bundle: MimeBundle): boolean {
  if (["image/svg+xml", "image/png", "text/markdown"].some((mime) => textOf(bundle[mime]) !== undefined)) return false;
  const page = textOf(bundle["text/html"]);
  return page === undefined ? chartOf(bundle) !== undefined : scripts.test(page);
}

/** Notebooks write a text also as a list of lines. */
export function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  return Array.isArray(content) && content.every((line) => typeof line === "string") ? content.join("") : undefined;
}
