import { types as is } from "node:util";
import { cellText } from "../cell-text.ts";
import { fail } from "../errors.ts";
import { fractionDigits, isDate, isLocal, isTime, isWhole, moreDigits } from "./fraction-digits.ts";
import { fieldOf } from "./kinds.ts";
import type { TableData } from "./table-data.ts";

/** A column of the data: where its values come from. */
export interface Source {
  readonly name: string;
  readonly length: number;
  readonly at: (row: number) => unknown;
  readonly typed?: NodeJS.TypedArray;
}

type Schema = Readonly<Record<string, string>>;

/** The columns of the data, and those that only the schema names. @throws E_UNSTORABLE, E_USAGE for what is neither rows nor columns */
export function sourcesOf(data: TableData, schema: Schema): Source[] {
  const isRows = Array.isArray(data);
  const found = isRows ? rowSources(data as readonly object[]) : columnSources(data as Record<string, ArrayLike<unknown>>);
  const length = isRows ? data.length : (found[0]?.length ?? 0);
  const missing = Object.keys(schema).filter((name) => !found.some((source) => source.name === name));
  const sources = [...found, ...missing.map((name): Source => ({ name, length, at: () => null }))];
  if (sources.length === 0)
    fail("E_USAGE", "table: no rows, so no columns", { remedy: 'give a schema as well: table(rows, { id: "INTEGER" })' });
  refuseTwice(sources);
  for (const source of found) if (Object.hasOwn(schema, source.name)) refuseLoss(source, schema[source.name]!);
  return sources;
}

function rowSources(rows: readonly object[]): Source[] {
  const names = new Set<string>();
  rows.forEach((row, index) => {
    if (typeof row !== "object" || row === null || Array.isArray(row))
      fail("E_UNSTORABLE", `table: row ${index + 1} is not an object`, { remedy: "give rows as { column: value }" });
    for (const name of Object.keys(row)) names.add(name);
  });
  return [...names].map((name) => {
    const get = fieldOf(name);
    return { name, length: rows.length, at: (row) => get(rows[row]!) };
  });
}

function columnSources(columns: Readonly<Record<string, ArrayLike<unknown>>>): Source[] {
  refuseOther(columns);
  const sources = Object.entries(columns).map(([name, items]): Source => {
    if (typeof items?.length !== "number" || typeof items === "string")
      fail("E_UNSTORABLE", `table: column "${name}" is not an array`, { remedy: "give columns as arrays or typed arrays" });
    return { name, length: items.length, at: (row) => items[row], ...(is.isTypedArray(items) ? { typed: items } : {}) };
  });
  const odd = sources.find(({ length }) => length !== sources[0]!.length);
  if (odd)
    fail("E_UNSTORABLE", `table: column "${odd.name}" has ${odd.length} values and "${sources[0]!.name}" ${sources[0]!.length}`, {
      remedy: "columns are equally long",
    });
  return sources;
}

/** A promise, a Set or a generator has no fields, and would be a table of nothing. */
function refuseOther(data: unknown): void {
  const refuse = (what: string, remedy: string) => fail("E_UNSTORABLE", `table: its data is ${what}, neither rows nor columns`, { remedy });
  if (typeof data !== "object" || data === null) refuse(String(data), "give an array of rows, or { column: array }");
  if (typeof (data as { then?: unknown }).then === "function") refuse("a promise or a query", "await it first");
  if (Symbol.asyncIterator in (data as object))
    refuse("an asynchronous iterable", "collect its rows first: for await (const row of rows) all.push(row)");
  if (Symbol.iterator in (data as object))
    refuse(
      is.isTypedArray(data) ? "a typed array" : "an iterable",
      is.isTypedArray(data) ? "name the column: { x: array }" : "make an array of its rows: [...rows]",
    );
}

function refuseTwice(sources: readonly Source[]): void {
  const seen = new Map<string, string>();
  for (const { name } of sources) {
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined)
      fail("E_UNSTORABLE", `table: two columns are called "${twin}" and "${name}"`, {
        remedy: "names are compared without regard to case; rename one",
      });
    seen.set(name.toLowerCase(), name);
  }
}

/** DuckDB rounds 1.5 to a whole 2, and cuts the time off a day, without a word. */
function refuseLoss(source: Source, type: string): void {
  const isLost = losing(type);
  for (let row = 0; isLost && row < source.length; row++) if (isLost(source.at(row))) refuseValue(source, row, type, "exactly ");
}

/** @throws E_UNSTORABLE */
export function refuseValue({ name, at }: Source, row: number, type: string, how = ""): never {
  return fail("E_UNSTORABLE", `table: row ${row + 1}, column "${name}" is ${cellText(at(row)).slice(0, 120)}, which is not ${how}${type}`, {
    remedy: `${how === "" ? "correct it" : "round it first"}, or give the column a type that holds it`,
  });
}

const day = 86_400_000;

/** Whether a value is more than the type holds; undefined for types that say so themselves, or hold all. */
function losing(type: string): ((value: unknown) => boolean) | undefined {
  if (isDate(type))
    return (value) => (value instanceof Date ? value.getTime() % day !== 0 : typeof value === "string" && isMoreThanDay(value));
  const digits = fractionDigits(type);
  if (digits === undefined) return undefined;
  const more = new RegExp(moreDigits(digits));
  if (isWhole(type))
    return (value) =>
      typeof value === "number" || (typeof value === "string" && /e/i.test(value))
        ? Number.isFinite(Number(value)) && !Number.isInteger(Number(value))
        : typeof value === "string" && more.test(value);
  const dropsOffset = isLocal(type) || isTime(type);
  return (value) => {
    if (value instanceof Date) return isLocal(type) && digits === 0 && value.getTime() % 1000 !== 0;
    return typeof value === "string" && ((!/e/i.test(value) && more.test(value)) || (dropsOffset && offset.test(value)));
  };
}

/** `+02:00` after a time; of +00 nothing is lost. */
const offset = /:.*[+-](?!00?(?::?00)*\s*$)\d/;

/** Whether something other than midnight follows a day. */
function isMoreThanDay(text: string): boolean {
  const rest = /^\s*[+-]?\d+([-/\\ ])\d+\1\d+(?:\s*\(BC\))?(.*)$/s.exec(text)?.[2];
  return rest !== undefined && !/^[T\s]*(?:00?:00?(?::00?(?:\.0*)?)?\s*(?:Z|UTC|[+-]00?(?::?00)*)?)?\s*$/i.test(rest);
}
