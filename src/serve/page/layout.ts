import { createHash } from "node:crypto";
import { formatDuration, formatInstant } from "../../report/format.ts";
import type { RunRow } from "../../record/runs.ts";
import type { LaidOut } from "../answer.ts";
import { html, type Html, type Piece } from "../html.ts";
import { badge } from "../part/icons.ts";
import type { Site } from "../site.ts";

export interface Page {
  readonly title: string;
  /** Which entry of the navigation is the current one. */
  readonly at: string;
  readonly main: Piece | Sections;
  readonly aside?: Piece;
  /** It holds a table with many columns. */
  readonly wide?: boolean;
}

/** A page in elements that change apart, one after the other; each has the id that it is listed by. */
interface Sections {
  readonly sections: readonly (readonly [id: string, content: Html])[];
}

export const places = [
  ["/", "Notebook"],
  ["/graph", "Graph"],
  ["/runs", "Runs"],
  ["/experiments", "Experiments"],
  ["/models", "Models"],
  ["/schedule", "Schedule"],
] as const;

export function layout(site: Site, { title, at, main, aside, wide = false }: Page): LaidOut {
  const { assets, name } = site;
  const sections = isSections(main) ? main.sections : undefined;
  const inside = sections ? sections.map(([, content]) => content) : (main as Piece);
  const acts = actsPart(site);
  const outline = aside !== undefined && html`<aside class="outline" id="outline">${aside}</aside>`;
  const whole = html`<main id="main" tabindex="-1">${inside}</main>`;
  const parts = new Map([
    ["acts", acts.text],
    ...(outline ? [["outline", outline.text] as const] : []),
    ...(sections ? sections.map(([id, { text }]) => [id, text] as const) : [["main", whole.text] as const]),
  ]);
  const state = stateOf(parts);
  const links = places.map(([href, label]) => html`<a href="${href}"${href === at && html` aria-current="page"`}>${label}</a>`);
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="stepbook-state" content="${state}">
<title>${title} · ${name}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css?${assets.version}">
<script src="/assets/client.js?${assets.version}" defer></script>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top">
<a class="brand" href="/"><span class="mark" aria-hidden="true"></span><span>${name}</span></a>
<nav aria-label="Pages">${links}</nav>
${acts}
</header>
<div class="frame${aside !== undefined && " with-aside"}${wide && " wide"}">
${outline}
${whole}
</div>
<div id="toast" role="status" aria-live="polite"></div>
<div id="news" role="status" class="hidden"></div>
</body>
</html>`;
  return { text, parts, state };
}

function isSections(main: Page["main"]): main is Sections {
  return typeof main === "object" && main !== null && "sections" in main;
}

function stateOf(parts: ReadonlyMap<string, string>): string {
  const hash = createHash("sha1");
  for (const [id, text] of parts) hash.update(`${id}\0${text}\0`);
  return hash.digest("base64url").slice(0, 16);
}

function actsPart({ live, acts }: Site): Html {
  const busy = live.run !== null || live.waiting || acts.busy;
  return html`<div class="acts" id="acts"><button type="button" class="find-button" data-act="find" aria-keyshortcuts="/ Control+K">Find <kbd aria-hidden="true">/</kbd></button>${busy ? html`<button type="button" data-act="cancel">Cancel</button>` : html`<a class="button primary" href="/new">Run…</a>`}</div>`;
}

export function runLink({ id }: Pick<RunRow, "id">): Html {
  return html`<a class="mono" href="/runs/${id}">${id}</a>`;
}

/** A button that starts a run. */
export function actButton(label: string, wish: object, words?: string): Html {
  return html`<button type="button" class="small${words !== undefined && " icon"}" data-act="run" data-wish="${JSON.stringify(wish)}"${words !== undefined && html` title="${words}" aria-label="${words}"`}>${label}</button>`;
}

/** Where something of a run did not end well. */
export function retryButton({ id, status }: RunRow): Html | false {
  return (
    (status === "failed" || status === "cancelled" || status === "interrupted") &&
    html`<p class="retry">${actButton(status === "failed" ? "Retry failed" : "Run the rest", { retry: id })}</p>`
  );
}

/** A run in one line. @param link the page is the run's own where false */
export function runLine(run: RunRow, link = true): Html {
  const ms = run.finishedAt === null ? null : Date.parse(run.finishedAt) - Date.parse(run.startedAt);
  const params = Object.entries(run.params).map(([name, value]) => html` <span class="chip mono">${name}=${value}</span>`);
  return html`<p class="run-line">${badge(run.status)} ${link && runLink(run)} <span class="quiet">${when(run.startedAt)}${ms !== null && html` · ${formatDuration(ms)}`} · ${run.trigger}</span>${params}</p>`;
}

export function when(iso: string): Html {
  return html`<time datetime="${iso}">${formatInstant(iso)}</time>`;
}
