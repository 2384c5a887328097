import type { ResultRow } from "../../record/results.ts";
import { html, type Html } from "../html.ts";
import { shownCell } from "./shown-cell.ts";

/** Rows side by side: what differs first, what is equal in all folded. */
export function pickedPart(rows: readonly ResultRow[], columns: readonly string[], keys: readonly string[]): Html {
  const same = (name: string) => rows.every((row) => row[name] === rows[0]![name]);
  const others = columns.filter((name) => !keys.includes(name) && rows.some((row) => row[name] !== null));
  const different = others.filter((name) => !same(name));
  const equal = others.filter(same);
  const lines = (names: readonly string[]) =>
    names.map(
      (name) =>
        html`<tr><th scope="row">${name}</th>${rows.map((row) => html`<td${typeof row[name] === "number" && html` class="number"`}>${shownCell(row[name])}${rows.length === 2 && row === rows[1] && delta(rows[0]![name], row[name])}</td>`)}</tr>`,
    );
  const runs = rows
    .map((row) => row[columns.includes("run_id") ? "run_id" : keys[0]!])
    .filter((id) => /^\d{8}-\d{6}-[0-9a-z]{1,12}$/.test(String(id))) as string[];
  return html`<section class="picked" aria-label="Compared rows"><h2 class="part">Compared</h2><div class="scroll grid-box" tabindex="0" role="region" aria-label="Compared rows"><table class="data"><thead><tr><th scope="col">${keys.join(" / ")}</th>${rows.map((row) => html`<th scope="col" class="mono">${keys.map((key) => shownCell(row[key])).join(" / ")}</th>`)}</tr></thead><tbody>${lines(different)}</tbody></table></div>
${different.length === 0 && html`<p class="note">They are equal.</p>`}
${equal.length > 0 && html`<details class="fold"><summary>${equal.length} equal</summary><dl class="facts">${equal.map((name) => html`<div><dt>${name}</dt><dd class="mono">${shownCell(rows[0]![name])}</dd></div>`)}</dl></details>`}
${rows.length === 2 && runs.length === 2 && runs[0] !== runs[1] && html`<p class="note"><a href="/compare?before=${runs[0]}&after=${runs[1]}">Compare their runs</a>: code, params, data</p>`}</section>`;
}

function delta(before: unknown, after: unknown): Html | false {
  return (
    typeof before === "number" &&
    typeof after === "number" &&
    html` <span class="quiet">${after > before ? "+" : ""}${shownCell(after - before)}</span>`
  );
}
