import type { ResultRow } from "../../record/results.ts";
import { countOf } from "../../report/format.ts";
import { html, type Html } from "../html.ts";
import { axisOf } from "./axis.ts";

const [gap, height, top, bottom] = [118, 276, 50, 22];
/** Left and right of the axes; beyond it go the names of the first and the last. */
const side = 66;
/** Names stand in two rows by turns, so that one has the room of two gaps. */
const longest = 28;
const mostAxes = 9;

/** A line for each row across an axis for each column that differs; coloured by the value. */
export function parallel(
  rows: readonly ResultRow[],
  columns: readonly string[],
  value: string,
  picked: ReadonlySet<ResultRow>,
): Html | undefined {
  // A text that every row has another of, such as its id, says nothing as an axis.
  const isName = (name: string, distinct: number) => distinct === rows.length && typeof rows[0]![name] === "string";
  const varied = columns.filter((name) => {
    const { distinct } = axisOf(rows, name);
    return distinct > 1 && !isName(name, distinct);
  });
  const names = [...varied.filter((name) => name !== value).slice(0, mostAxes - 1), value];
  if (names.length < 2) return undefined;
  const axes = names.map((name) => axisOf(rows, name));
  const width = (names.length - 1) * gap + 2 * side;
  const x = (index: number) => side + index * gap;
  const y = (place: number) => (top + (1 - place) * (height - top - bottom)).toFixed(1);
  const shown = rows.filter((row) => typeof row[value] === "number");
  const lines = shown
    .toSorted((a, b) => Number(picked.has(a)) - Number(picked.has(b)))
    .map((row) => {
      const points = names.flatMap((name, index) => (row[name] === null ? [] : [`${x(index)},${y(axes[index]!.place(row[name]))}`]));
      return html`<polyline class="shade-${shade(axes.at(-1)!.place(row[value]))}${picked.has(row) && " picked"}" points="${points.join(" ")}"><title>${names.map((name) => `${name}: ${String(row[name])}`).join(", ")}</title></polyline>`;
    });
  const last = names.length - 1;
  const title = (name: string, index: number) => {
    const [at, anchor] = index === 0 ? [0, "start"] : index === last ? [width, "end"] : [x(index), "middle"];
    return html`<text x="${at}" y="${index % 2 === 0 ? 12 : 27}" class="${anchor} strong">${cut(name)}</text>`;
  };
  const marks = names.map(
    (name, index) =>
      html`<line x1="${x(index)}" x2="${x(index)}" y1="${top}" y2="${height - bottom}"/>${title(name, index)}<text x="${x(index)}" y="${top - 6}" class="middle">${axes[index]!.high}</text><text x="${x(index)}" y="${height - 6}" class="middle">${axes[index]!.low}</text>`,
  );
  return html`<figure class="plot"><figcaption>${countOf(shown.length, "row")} <span class="quiet">coloured by ${value}</span></figcaption><div class="scroll" tabindex="0" role="region" aria-label="Parallel coordinates"><svg class="parallel" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Parallel coordinates of ${names.join(", ")}">${marks}${lines}</svg></div></figure>`;
}

/** One of eight shades, from the least to the greatest. */
export function shade(place: number): number {
  return Math.min(7, Math.floor(place * 8));
}

function cut(name: string): string {
  return name.length > longest ? `${name.slice(0, longest - 1)}…` : name;
}
