import type { ResultRow } from "../../record/results.ts";
import { countOf, formatNumber } from "../../report/format.ts";
import { html, type Html } from "../html.ts";
import { shade } from "./parallel.ts";
import { shownCell } from "./shown-cell.ts";

const most = 40;

/** Two params, and in each of their meetings the mean of a metric. */
export function heatmap(rows: readonly ResultRow[], x: string, y: string, value: string): Html | undefined {
  const told = rows.filter((row) => typeof row[value] === "number" && row[x] !== null && row[y] !== null);
  if (told.length === 0) return undefined;
  const [across, down] = [sorted(told, x), sorted(told, y).reverse()];
  if (across.length > most || down.length > most)
    return html`<p class="note">${across.length > most ? x : y} has more than ${most} values: too many for a heatmap.</p>`;
  const cells = new Map<string, number[]>();
  for (const row of told) cells.set(key(row[x], row[y]), [...(cells.get(key(row[x], row[y])) ?? []), row[value] as number]);
  const means = new Map([...cells].map(([at, values]) => [at, values.reduce((a, b) => a + b) / values.length]));
  const [low, high] = [Math.min(...means.values()), Math.max(...means.values())];
  const lines = down.map(
    (b) =>
      html`<tr><th scope="row" class="number">${shownCell(b)}</th>${across.map((a) => {
        const mean = means.get(key(a, b));
        if (mean === undefined) return html`<td class="none"><span class="hidden">none</span></td>`;
        const count = cells.get(key(a, b))!.length;
        return html`<td class="heat-${shade(high > low ? (mean - low) / (high - low) : 0.5)}" title="${x} ${shownCell(a)}, ${y} ${shownCell(b)}: ${formatNumber(mean)}, ${countOf(count, "row")}">${formatNumber(mean)}</td>`;
      })}</tr>`,
  );
  return html`<figure class="plot"><figcaption>mean ${value} <span class="quiet">by ${x} (across) and ${y} (down)</span></figcaption><div class="scroll" tabindex="0" role="region" aria-label="Heatmap"><table class="heatmap"><thead><tr><th><span class="hidden">${y}</span></th>${across.map((a) => html`<th scope="col">${shownCell(a)}</th>`)}</tr></thead><tbody>${lines}</tbody></table></div></figure>`;
}

function key(a: unknown, b: unknown): string {
  return JSON.stringify([String(a), String(b)]);
}

function sorted(rows: readonly ResultRow[], column: string): unknown[] {
  return [...new Set(rows.map((row) => row[column]))].sort((a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)),
  );
}
