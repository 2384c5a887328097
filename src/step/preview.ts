import { cellText } from "../cell-text.ts";
import type { Column, MimeBundle } from "../model.ts";

/** A table for the eye: shape, types and the first rows, as HTML and as text. Names and values are escaped. */
export function previewTable(schema: readonly Column[], count: number, head: readonly Record<string, unknown>[]): MimeBundle {
  return { "text/html": asHtml(schema, count, head), "text/plain": asText(schema, count, head) };
}

const shape = (schema: readonly Column[], count: number) =>
  `${count.toLocaleString("en-US")} row${count === 1 ? "" : "s"} × ${schema.length} column${schema.length === 1 ? "" : "s"}`;

function asHtml(schema: readonly Column[], count: number, head: readonly Record<string, unknown>[]): string {
  const names = schema.map(({ name, type }) => `<th>${escapeHtml(name)}<br><small>${escapeHtml(type)}</small></th>`).join("");
  const rows = head.map((row) => `<tr>${schema.map(({ name }) => `<td>${escapeHtml(cell(row[name]))}</td>`).join("")}</tr>`);
  const more = count > head.length ? `, the first ${head.length} shown` : "";
  return `<table><thead><tr>${names}</tr></thead><tbody>${rows.join("")}</tbody></table><p>${shape(schema, count)}${more}</p>`;
}

const widest = 24;
const lineLength = 120;

function asText(schema: readonly Column[], count: number, head: readonly Record<string, unknown>[]): string {
  const columns = schema.map(({ name, type }) => [name, type, ...head.map((row) => cell(row[name]))].map((text) => clip(printable(text))));
  const widths = columns.map((texts) => Math.max(...texts.map((text) => text.length)));
  const fit = fitting(widths);
  const lines = Array.from({ length: head.length + 2 }, (_, line) => {
    const cells = columns.slice(0, fit).map((texts, index) => texts[line]!.padEnd(widths[index]!));
    return [...cells, ...(fit < columns.length ? ["…"] : [])].join("  ").trimEnd();
  });
  return [...lines, ...(count > head.length ? ["…"] : []), shape(schema, count)].join("\n");
}

/** How many of the columns fit a line; at least one. */
function fitting(widths: readonly number[]): number {
  let used = 0;
  const over = widths.findIndex((width) => (used += width + 2) > lineLength);
  return over < 0 ? widths.length : Math.max(1, over);
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  return typeof value === "number" && !Number.isInteger(value) ? fraction(value) : cellText(value);
}

/** Six digits are for the eye, and never less than a digit after the point; the table holds them all. */
function fraction(value: number): string {
  const whole = Math.abs(value) < 1 ? 0 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return String(Number(value.toPrecision(Math.max(6, whole + 1))));
}

const clip = (text: string) => (text.length > widest ? `${text.slice(0, widest - 1)}…` : text);

// Control characters of hostile cells must not move the cursor of a terminal.
// eslint-disable-next-line no-control-regex
const printable = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "·");

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
