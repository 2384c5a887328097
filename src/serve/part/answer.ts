import { formatNumber } from "../../report/format.ts";
import { html, type Html } from "../html.ts";
import { tree } from "./tree.ts";

/** What a model answered: words and numbers at once, shares as bars, all else as a tree. */
export function answerPart(answer: unknown): Html {
  if (typeof answer !== "object" || answer === null || Array.isArray(answer))
    return html`<p class="answer">${typeof answer === "object" ? tree(answer) : shown(answer)}</p>`;
  const entries = Object.entries(answer as Record<string, unknown>);
  return html`<dl class="facts answer">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${isShares(value) ? shares(value) : typeof value === "object" && value !== null ? tree(value) : html`<strong>${shown(value)}</strong>`}</dd></div>`)}</dl>`;
}

function shown(value: unknown): string {
  return typeof value === "number" ? formatNumber(value) : String(value);
}

function isShares(value: unknown): value is Record<string, number> {
  const all = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.values(value) : [];
  return all.length > 0 && all.length <= 40 && all.every((each) => typeof each === "number" && each >= 0 && each <= 1);
}

function shares(values: Readonly<Record<string, number>>): Html {
  return html`<ul class="shares">${Object.entries(values).map(([name, share]) => html`<li><span class="mono">${name}</span><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="all" width="100" height="8"/><rect width="${(100 * share).toFixed(1)}" height="8"/></svg><span class="mono">${(100 * share).toFixed(1)} %</span></li>`)}</ul>`;
}
