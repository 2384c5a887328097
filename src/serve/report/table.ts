import type { Column } from "../../model.ts";
import { html, type Html, trusted } from "../html.ts";
import { glance } from "../part/table.ts";
import type { Output } from "./outputs.ts";

type Table = Extract<Output, { kind: "table" }>;

/** Rows that are seen at once. */
const pageSize = 10;

/** A table that brings its rows along: its first page as HTML, all that is embedded as data for the page's script. */
export function embeddedTable(table: Table): Html {
  const { schema, rows, total, distributions, name } = table;
  const numeric = distributions.map((each) => each.bins !== undefined);
  return html`<form class="table-form" data-embedded>
<div class="scroll" tabindex="0" role="region" aria-label="Table ${name}">
<table class="data"><thead>
<tr>${schema.map((column, index) => head(column, index, numeric[index] === true))}</tr>
<tr class="glance">${schema.map((column, index) => html`<td>${glance(column, distributions[index])}</td>`)}</tr>
</thead><tbody>${rows.slice(0, pageSize).map((row) => html`<tr>${row.map((cell, index) => (cell === null ? html`<td class="null">null</td>` : html`<td${numeric[index] && html` class="number"`}>${cell}</td>`))}</tr>`)}
${rows.length === 0 && html`<tr><td class="quiet" colspan="${Math.max(1, schema.length)}">no rows</td></tr>`}</tbody></table></div>
<p class="pager">${["first", "back"].map(step)}<span data-place>${rows.length === 0 ? 0 : 1}–${Math.min(pageSize, rows.length)} of ${rows.length.toLocaleString("en-US")}</span>${["on", "last"].map(step)}${note(rows.length, total)}</p>
${dataOf({ numeric, rows })}
</form>`;
}

function head({ name, type }: Column, index: number, numeric: boolean): Html {
  return html`<th scope="col" aria-sort="none"${numeric && html` class="number"`}><button type="button" data-sort="${index}">${name}<span class="arrow" aria-hidden="true"></span></button><span class="type">${type.toLowerCase()}</span></th>`;
}

const signs: Readonly<Record<string, readonly [string, string]>> = {
  first: ["«", "First page"],
  back: ["‹", "Page before"],
  on: ["›", "Next page"],
  last: ["»", "Last page"],
};

function step(go: string): Html {
  const [sign, label] = signs[go]!;
  return html`<button type="button" data-go="${go}" aria-label="${label}">${sign}</button>`;
}

function note(embedded: number, total: number): Html | false {
  return (
    embedded < total &&
    html`<span class="right">the first ${embedded.toLocaleString("en-US")} of ${total.toLocaleString("en-US")} rows are in this file</span>`
  );
}

/** Data, not a script: nothing in it may end the element early. */
function dataOf(value: unknown): Html {
  return html`<script type="application/json">${trusted(JSON.stringify(value).replace(/[<\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`))}</script>`;
}
