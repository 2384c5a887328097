import type { ResultRow } from "../../record/results.ts";
import { formatDate, formatNumber } from "../../report/format.ts";
import { html, type Html } from "../html.ts";

const [width, height, left, bottom] = [720, 240, 58, 28];

/** One point a row: a metric over time, a param against a metric. Words get places in their order. */
export function scatter(rows: readonly ResultRow[], x: string, y: string, picked: ReadonlySet<ResultRow> = new Set()): Html | undefined {
  const isTime = rows.every((row) => typeof row[x] === "string" && !Number.isNaN(Date.parse(row[x]))) && rows.length > 0;
  const words = [...new Set(rows.map((row) => String(row[x])))].sort();
  const across = (value: unknown) => (isTime ? Date.parse(String(value)) : typeof value === "number" ? value : words.indexOf(String(value)));
  const points = rows.filter((row) => row[x] !== null && typeof row[y] === "number").map((row) => ({ x: across(row[x]), y: row[y] as number, picked: picked.has(row), label: `${x}: ${String(row[x])}, ${y}: ${String(row[y])}` }));
  if (points.length === 0) return undefined;
  const [xs, ys] = [range(points.map((point) => point.x)), range(points.map((point) => point.y))];
  const at = (point: { x: number; y: number }) => ({ cx: left + 12 + ((point.x - xs.from) / (xs.to - xs.from)) * (width - left - 36), cy: 14 + (1 - (point.y - ys.from) / (ys.to - ys.from)) * (height - bottom - 28) });
  const name = (value: number) => (isTime ? formatDate(new Date(value)) : formatNumber(value));
  const marks = [ys.from, (ys.from + ys.to) / 2, ys.to].map((value) => html`<line x1="${left}" x2="${width - 12}" y1="${at({ x: xs.from, y: value }).cy.toFixed(1)}" y2="${at({ x: xs.from, y: value }).cy.toFixed(1)}"/><text x="${left - 6}" y="${(at({ x: xs.from, y: value }).cy + 4).toFixed(1)}" class="end">${formatNumber(value)}</text>`);
  const dots = points.map((point) => html`<circle cx="${at(point).cx.toFixed(1)}" cy="${at(point).cy.toFixed(1)}" r="${point.picked ? 6 : 4}"${point.picked && html` class="picked"`}><title>${point.label}</title></circle>`);
  const ends = words.length > 0 && !isTime && typeof rows[0]?.[x] === "string" ? [words[0]!, words.at(-1)!] : [name(xs.low), name(xs.high)];
  return html`<figure class="plot"><figcaption>${y} <span class="quiet">by ${x}</span></figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${y} by ${x}, ${points.length} points">${marks}<text x="${left}" y="${height - 8}">${ends[0]}</text>${ends[0] !== ends[1] && html`<text x="${width - 12}" y="${height - 8}" class="end">${ends[1]}</text>`}${dots}</svg></figure>`;
}

/** With some air around it where all are equal. */
function range(values: readonly number[]): { from: number; to: number; low: number; high: number } {
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const air = low === high ? Math.abs(low) * 0.05 || 1 : 0;
  return { from: low - air, to: high + air, low, high };
}
