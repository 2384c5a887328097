import { countOf } from "../../report/format.ts";
import { formatTable } from "../../report/text-table.ts";
import { escapeHtml } from "../html.ts";
import type { Output } from "../report/outputs.ts";

type Table = Extract<Output, { kind: "table" }>;

export function tableHtml({ name, schema, rows, total }: Table): string {
  const head = schema
    .map((column) => `<th>${escapeHtml(column.name)}<br><small>${escapeHtml(column.type.toLowerCase())}</small></th>`)
    .join("");
  const body = rows
    .map((row) => `<tr>${row.map((cell) => `<td>${cell === null ? "<i>null</i>" : escapeHtml(cell)}</td>`).join("")}</tr>\n`)
    .join("");
  return `<p><code>${escapeHtml(name)}</code>, ${shape(total, schema.length, rows.length)}</p>\n<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}</tbody>\n</table>`;
}

export function tableText({ name, schema, rows, total }: Table): string {
  return `${name}: ${shape(total, schema.length, rows.length)}\n${formatTable(
    schema.map((column) => column.name),
    rows,
  )}`;
}

/** As GitHub reads it: a bar inside a cell, and a line's end, would end the cell. */
export function tableMarkdown({ schema, rows }: Table): string {
  const numeric = schema.map(({ type }) => /INT|DOUBLE|FLOAT|DECIMAL/.test(type));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(schema.map(({ name }) => cellText(name))),
    line(numeric.map((each) => (each ? "--:" : "---"))),
    ...rows.map((row) => line(row.map((cell) => (cell === null ? "*null*" : cellText(cell))))),
  ].join("\n");
}

export function shape(total: number, columns: number, shown: number): string {
  return `${countOf(total, "row")} × ${countOf(columns, "column")}${shown < total ? `, the first ${shown.toLocaleString("en-US")} shown` : ""}`;
}

/** Text as text: nothing of it is taken for Markdown or HTML. */
export function cellText(text: string): string {
  const line = text.replace(/\s+/g, " ").replace(/[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "");
  return line.replace(/[\\`*_{}[\]<>|#~$&!]/g, (found) => `\\${found}`);
}
