import type { Column } from "../../model.ts";
import { html, type Html } from "../html.ts";
import type { Distribution } from "../data/distribution.ts";
import type { PageQuery, TablePage } from "../table-reader.ts";

export const pageSize = 10;

/** The place of a table, about as tall as it will be: its first page is loaded when it comes into view, and nothing jumps. */
export function tableShell(record: number, name: string, rows: number): Html {
  const address = `/records/${record}/tables/${encodeURIComponent(name)}`;
  return html`<div class="table-box rows-${Math.min(pageSize, rows)}" data-load="${address}" id="table-${record}-${name}"><p class="note"><a href="${address}">${name}</a></p></div>`;
}

/** One page of a table: names, types and distributions above it, sorting and filters in its head. */
export function tablePart(
  name: string,
  address: string,
  schema: readonly Column[],
  query: PageQuery,
  page: TablePage,
  distributions: readonly Distribution[],
): Html {
  const from = page.total === 0 ? 0 : query.offset + 1;
  const to = query.offset + page.rows.length;
  const numeric = distributions.map((each) => each.bins !== undefined);
  return html`<form class="table-form" data-table="${address}" data-offset="${query.offset}" data-total="${page.total}" data-sort="${query.sort ?? ""}" data-down="${query.descending ? "1" : ""}">
<div class="scroll" tabindex="0" role="region" aria-label="Table ${name}">
<table class="data"><thead>
<tr>${schema.map((column, index) => head(column, index, query, numeric[index] === true))}</tr>
<tr class="glance">${schema.map((column, index) => html`<td>${glance(column, distributions[index])}</td>`)}</tr>
<tr class="filters"${query.filters.size === 0 && html` hidden`}>${schema.map((column, index) => html`<td><input name="f${index}" value="${query.filters.get(index) ?? ""}" aria-label="Filter ${column.name}" placeholder="${numeric[index] ? ">5  1..3" : "text  =x"}" autocomplete="off"></td>`)}</tr>
</thead><tbody>${page.rows.map((row) => html`<tr>${row.map((cell, index) => (cell === null ? html`<td class="null">null</td>` : html`<td${numeric[index] && html` class="number"`}>${cell}</td>`))}</tr>`)}
${page.rows.length === 0 && html`<tr><td class="quiet" colspan="${Math.max(1, schema.length)}">no rows</td></tr>`}</tbody></table></div>
<p class="pager"><button type="button" data-go="first"${query.offset === 0 && html` disabled`} aria-label="First page">«</button><button type="button" data-go="back"${query.offset === 0 && html` disabled`} aria-label="Page before">‹</button><span>${from.toLocaleString("en-US")}–${to.toLocaleString("en-US")} of ${page.total.toLocaleString("en-US")}</span><button type="button" data-go="on"${to >= page.total && html` disabled`} aria-label="Next page">›</button><button type="button" data-go="last"${to >= page.total && html` disabled`} aria-label="Last page">»</button><button type="button" data-go="filter" aria-expanded="${query.filters.size > 0 ? "true" : "false"}">Filter</button></p>
</form>`;
}

function head({ name, type }: Column, index: number, { sort, descending }: PageQuery, numeric: boolean): Html {
  const sorted = sort === index ? (descending ? "descending" : "ascending") : "none";
  return html`<th scope="col" aria-sort="${sorted}"${numeric && html` class="number"`}><button type="button" data-sort="${index}">${name}<span class="arrow" aria-hidden="true">${sorted === "none" ? "" : descending ? " ↓" : " ↑"}</span></button><span class="type">${type.toLowerCase()}</span></th>`;
}

const width = 90;
const height = 26;

/** A histogram, or the most frequent values; as SVG, whose lengths are attributes and no styles. */
export function glance({ name }: Column, distribution: Distribution | undefined): Html {
  if (!distribution) return html``;
  const { nulls, distinct, estimated, bins, min, max, top } = distribution;
  const missing = nulls > 0 && html` <span class="warn">${nulls.toLocaleString("en-US")} null</span>`;
  if (bins) return html`${histogram(name, bins)}<span class="range">${min} … ${max}${missing}</span>`;
  const all = Math.max(1, ...(top ?? []).map(({ count }) => count));
  const few = top && top.length > 0 && top[0]!.count > 1;
  if (!few)
    return html`<span class="range">${distinct > 0 ? `${estimated ? "~" : ""}${distinct.toLocaleString("en-US")} distinct` : "empty"}${missing}</span>`;
  return html`<ul class="top-values">${top.map(({ value, count }) => html`<li><svg viewBox="0 0 40 8" aria-hidden="true"><rect width="${((40 * count) / all).toFixed(1)}" height="8"/></svg><span class="name">${value}</span> <span class="quiet">${count.toLocaleString("en-US")}</span></li>`)}</ul>${missing}`;
}

function histogram(name: string, bins: readonly number[]): Html {
  const most = Math.max(1, ...bins);
  const each = width / bins.length;
  // One path and not a rectangle each: a table of thirty columns has six hundred bars.
  const bars = bins.flatMap((count, index) => {
    const tall = Math.max(1, (height * count) / most);
    return count === 0
      ? []
      : [`M${(index * each).toFixed(1)} ${height}v-${tall.toFixed(1)}h${(each - 0.6).toFixed(1)}v${tall.toFixed(1)}z`];
  });
  return html`<svg class="histogram" viewBox="0 0 ${width} ${height}" role="img" aria-label="Distribution of ${name}"><path d="${bars.join("")}"/></svg>`;
}
