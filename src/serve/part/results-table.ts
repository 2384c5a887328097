import { countOf } from "../../report/format.ts";
import { nameOf, type Results } from "../data/results.ts";
import { addressOf, type ExperimentsQuery } from "../data/results-query.ts";
import { html, type Html } from "../html.ts";
import { beyond } from "./beyond.ts";
import { shownCell } from "./shown-cell.ts";

const pageSize = 500;

/** A page of the results, with a tick for each row that is to be compared. */
export function resultsTable(
  rows: Results["rows"],
  cut: boolean,
  shown: readonly string[],
  keys: readonly string[],
  query: ExperimentsQuery,
): Html {
  const page = rows.slice(query.offset, query.offset + pageSize);
  if (page.length === 0) return beyond(rows.length, "row", addressOf(query));
  const names = page.map((row) => nameOf(row, keys));
  const elsewhere = query.picked.filter((name) => !names.includes(name));
  const heads = shown.map((name) => {
    const isSorted = query.sort === name;
    return html`<th scope="col" aria-sort="${isSorted ? (query.down ? "descending" : "ascending") : "none"}"><a data-picks href="${addressOf(query, { sort: name, down: isSorted && !query.down ? "1" : "" })}">${name}${isSorted && (query.down ? " ↓" : " ↑")}</a></th>`;
  });
  const here = addressOf({ ...query, picked: elsewhere }, offsetAt(query.offset));
  const hidden = [...new URLSearchParams(here.split("?")[1])].map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const lines = page.map((row, index) => {
    const id = names[index]!;
    return html`<tr id="row-${id}"><td><label class="pick"><input type="checkbox" name="pick" value="${id}" aria-label="Compare ${id}"${query.picked.includes(id) && html` checked`}></label></td>${shown.map((name) => html`<td${typeof row[name] === "number" && html` class="number"`}>${shownCell(row[name])}</td>`)}</tr>`;
  });
  return html`<form action="/experiments" method="get">${hidden}<div class="scroll grid-box" tabindex="0" role="region" aria-label="Results"><table class="data"><thead><tr><th><span class="hidden">compare</span></th>${heads}</tr></thead><tbody>${lines}</tbody></table></div>
<p class="pager">${pager(rows.length, page.length, cut, query)}<button class="right">Compare selected</button></p></form>
${elsewhere.length > 0 && html`<p class="note">${countOf(elsewhere.length, "row")} of other pages ${elsewhere.length === 1 ? "is" : "are"} ticked. <a href="${addressOf({ ...query, picked: [] }, offsetAt(query.offset))}">Untick all</a></p>`}
${files(query)}`;
}

function offsetAt(offset: number): Record<string, string> {
  return { offset: offset === 0 ? "" : String(offset) };
}

function pager(total: number, count: number, cut: boolean, query: ExperimentsQuery): Html {
  const { offset } = query;
  const all = html`${cut && "the newest "}${countOf(total, "row")}`;
  if (offset === 0 && count === total) return html`<span>${all}</span>`;
  const turn = (to: number, sign: string, label: string, on: boolean) =>
    on
      ? html`<a class="button" data-picks href="${addressOf(query, offsetAt(to))}" aria-label="${label}">${sign}</a>`
      : html`<span class="quiet">${sign}</span>`;
  return html`${turn(Math.max(0, offset - pageSize), "‹", "Page before", offset > 0)}<span>${(offset + 1).toLocaleString("en-US")}–${(offset + count).toLocaleString("en-US")} of ${all}</span>${turn(offset + pageSize, "›", "Next page", offset + pageSize < total)}`;
}

/** The rows of all pages as a file, in the columns and the order that are shown; said, since it is more than the eye sees. */
function files(query: ExperimentsQuery): Html {
  const { find, sort, down, columns } = query;
  const file = (kind: string) => addressOf({ ...query, picked: [] }).replace("/experiments", `/experiments.${kind}`);
  return html`<p class="note files">Download ${find ? `all rows with “${find}”` : "all rows"}, ${columns.length > 0 ? "the columns shown" : "all columns"}${sort && `, sorted by ${sort}${down ? " downwards" : ""}`}: <a href="${file("csv")}" download>CSV</a> <a href="${file("json")}" download>JSON</a></p>`;
}
