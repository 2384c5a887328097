import type { ResultRow } from "../../record/results.ts";
import { countOf, formatNumber } from "../../report/format.ts";
import { html, type Html } from "../html.ts";
import { axisOf } from "./axis.ts";

const [width, height, left, bottom] = [720, 240, 58, 28];

/** One point a row: a metric over time, a param against a metric. Words get places in their order. */
export function scatter(rows: readonly ResultRow[], x: string, y: string, picked: ReadonlySet<ResultRow> = new Set()): Html | undefined {
  const told = rows.filter((row) => row[x] !== null && typeof row[y] === "number");
  if (told.length === 0) return undefined;
  const [axis, { from, to }] = [axisOf(told, x), range(told.map((row) => row[y] as number))];
  const across = (row: ResultRow) => (left + 12 + axis.place(row[x]) * (width - left - 36)).toFixed(1);
  const up = (value: number) => 14 + (1 - (value - from) / (to - from)) * (height - bottom - 28);
  const marks = [from, (from + to) / 2, to].map(
    (value) =>
      html`<line x1="${left}" x2="${width - 12}" y1="${up(value).toFixed(1)}" y2="${up(value).toFixed(1)}"/><text x="${left - 6}" y="${(up(value) + 4).toFixed(1)}" class="end">${formatNumber(value)}</text>`,
  );
  const dots = told.map(
    (row) =>
      html`<circle cx="${across(row)}" cy="${up(row[y] as number).toFixed(1)}" r="${picked.has(row) ? 6 : 4}"${picked.has(row) && html` class="picked"`}><title>${x}: ${String(row[x])}, ${y}: ${String(row[y])}</title></circle>`,
  );
  return html`<figure class="plot"><figcaption>${y} <span class="quiet">by ${x}</span></figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${y} by ${x}, ${countOf(told.length, "point")}">${marks}<text x="${left}" y="${height - 8}">${axis.low}</text>${axis.low !== axis.high && html`<text x="${width - 12}" y="${height - 8}" class="end">${axis.high}</text>`}${dots}</svg></figure>`;
}

/** With some air around it where all are equal. */
function range(values: readonly number[]): { from: number; to: number } {
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const air = low === high ? Math.abs(low) * 0.05 || 1 : 0;
  return { from: low - air, to: high + air };
}
