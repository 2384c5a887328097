import { inspect } from "node:util";
import { html, type Html } from "../html.ts";

const mostEntries = 60;
const deepest = 8;
const longestText = 2000;

/** A value as a tree that unfolds; scalars stand as they are. */
export function tree(value: unknown, depth = 0): Html {
  const entries = entriesOf(value);
  if (entries === undefined) return scalar(value);
  if (entries.size === 0 || depth >= deepest) return html`<span class="value">${glimpse(value)}</span>`;
  const items = [...entries.items].map(
    ([key, item]) => html`<li>${key !== null && html`<span class="key">${key}</span>`}${tree(item, depth + 1)}</li>`,
  );
  const more = entries.size > items.length && html`<li class="quiet">… ${(entries.size - items.length).toLocaleString("en-US")} more</li>`;
  return html`<details class="tree"${depth === 0 && entries.size <= 12 && html` open`}><summary><span class="value">${glimpse(value)}</span></summary><ul>${items}${more}</ul></details>`;
}

interface Entries {
  readonly size: number;
  readonly items: readonly (readonly [string | null, unknown])[];
}

function entriesOf(value: unknown): Entries | undefined {
  if (typeof value !== "object" || value === null || value instanceof Date) return undefined;
  if (value instanceof Map) return { size: value.size, items: take(value, ([key, item]) => [short(key), item]) };
  if (value instanceof Set) return { size: value.size, items: take(value, (item) => [null, item]) };
  if (value instanceof ArrayBuffer) return entriesOf(new Uint8Array(value));
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
    const list = value as ArrayLike<unknown>;
    return {
      size: list.length,
      items: Array.from({ length: Math.min(list.length, mostEntries) }, (_, index) => [String(index), list[index]]),
    };
  }
  const keys = Object.keys(value);
  return { size: keys.length, items: keys.slice(0, mostEntries).map((key) => [key, (value as Record<string, unknown>)[key]]) };
}

function take<T>(items: Iterable<T>, entry: (item: T) => readonly [string | null, unknown]): (readonly [string | null, unknown])[] {
  const taken: (readonly [string | null, unknown])[] = [];
  for (const item of items) {
    if (taken.length === mostEntries) break;
    taken.push(entry(item));
  }
  return taken;
}

function scalar(value: unknown): Html {
  if (typeof value === "string") {
    const text =
      value.length > longestText ? `${value.slice(0, longestText)}… (${value.length.toLocaleString("en-US")} characters)` : value;
    return text.includes("\n") ? html`<pre class="text">${text}</pre>` : html`<span class="value text">${JSON.stringify(text)}</span>`;
  }
  const kind = typeof value === "number" || typeof value === "bigint" ? "number" : "word";
  return html`<span class="value ${kind}">${value instanceof Date ? isoOf(value) : typeof value === "bigint" ? `${value}n` : String(value)}</span>`;
}

function isoOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? "invalid date" : date.toISOString();
}

function short(value: unknown): string {
  return typeof value === "string" ? value : inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 60 });
}

/** The value in one line, as far as it fits. */
function glimpse(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 8, maxStringLength: 40, compact: true });
  return text.length > 110 ? `${text.slice(0, 108)}…` : text;
}
