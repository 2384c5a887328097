import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type Encoding, isAsWritten, isMarked, notText, readStart, textOf } from "./csv-bytes.ts";
import type { CsvOptions } from "./csv-options.ts";
import { type CsvRecord, records } from "./csv-records.ts";
import { statSync } from "./quiet-fs.ts";

/** What is known of a CSV file from its first line. */
export interface Head {
  readonly file: string;
  /** How it is named to the user: relative to the project. */
  readonly shown: string;
  readonly delimiter: string;
  readonly names: readonly string[];
  readonly header: boolean;
  readonly encoding: Encoding;
  /** Whether it is packed with gzip. */
  readonly packed: boolean;
  /** Whether DuckDB would miss the header's end: a name goes over several lines, or is quoted for a reason behind a byte order mark. */
  readonly isOdd: boolean;
  /** Where DuckDB reads it, unpacked, if that is a copy. */
  readonly copy?: string;
  /** Blank lines before the first record. */
  readonly skip: number;
  readonly options: CsvOptions;
}

/** @throws E_CSV for an empty file, another encoding, a header that is none or without the columns asked for */
export function readHead(file: string, shown: string, options: CsvOptions): Head {
  if (statSync(file).size === 0) refuse(shown, "is empty: 0 bytes", "it should have a header line and rows");
  const { bytes, packed } = readStart(file);
  const encoding = options.encoding ?? "utf-8";
  const wrong = notText(bytes, encoding, shown);
  if (wrong) refuse(shown, wrong.what, wrong.remedy);
  const text = textOf(bytes, encoding);
  const delimiter = options.delimiter ?? findDelimiter(text);
  const first = records(text, delimiter).next();
  if (first.done) refuse(shown, "has no line with text", "it should have a header line and rows");
  const header = options.header ?? true;
  const odd = encoding === "utf-8" ? first.value.fields.find((name) => !isAsWritten(name, bytes)) : undefined;
  if (odd !== undefined) refuse(shown, `has bytes in its first line that are not UTF-8 (${odd})`, notUtf8, first.value.line);
  if (options.header === undefined) mustName(first.value, shown);
  const names = header ? headerNames(first.value.fields, shown) : plainNames(first.value.fields, options);
  mustHave(names, options, shown, header);
  const marked = isMarked(bytes);
  const isOdd = header && names.some((name) => /[\r\n]/.test(name) || (marked && (name.includes('"') || name.includes(delimiter))));
  return { file, shown, delimiter, names, header, encoding, packed, options, isOdd, skip: first.value.line - 1 };
}

/** The type that the caller gave for a column. */
export function givenType({ options }: Head, name: string): string | undefined {
  return options.columns !== undefined && Object.hasOwn(options.columns, name) ? options.columns[name] : undefined;
}

function findDelimiter(text: string): string {
  // Before it is divided into lines: a quoted name may go over several.
  const unquoted = text.replace(/(^|[,;\t|\r\n])"(?:[^"]|"")*"/g, "$1x");
  const bare = unquoted.split(/\r?\n|\r/).find((each) => each.trim() !== "") ?? "";
  const counts = [",", ";", "\t", "|"].map((character) => ({ character, count: bare.split(character).length - 1 }));
  return counts.reduce((best, each) => (each.count > best.count ? each : best)).character;
}

/** What to do about bytes that are not UTF-8. */
export const notUtf8 = 'it is perhaps Latin-1: read it with { encoding: "latin-1" }, or save it as UTF-8';

/** A first line with a number that has a fraction is a row, and would be lost; years and the like are names as well. */
function mustName({ fields, line }: CsvRecord, shown: string): void {
  const number = fields.find((name) => name.trim() !== "" && Number.isFinite(Number(name)) && !Number.isInteger(Number(name)));
  if (number === undefined) return;
  refuse(
    shown,
    `has the number ${number} where the names of its columns should be`,
    "if it has no header, read it with { header: false }; if that is a name, with { header: true }",
    line,
  );
}

function headerNames(fields: readonly string[], shown: string): string[] {
  const names = fields.map((name, index) => name || `column${index}`);
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find((_, index) => lower.indexOf(lower[index]!, index + 1) > 0);
  if (twice !== undefined) refuse(shown, `has two columns named "${twice}"`, "names are compared without regard to case; rename one", 1);
  return names;
}

function plainNames(fields: readonly string[], { columns }: CsvOptions): string[] {
  const given = Object.keys(columns ?? {});
  return fields.map((_, index) => given[index] ?? `column${index}`);
}

function mustHave(names: readonly string[], { columns }: CsvOptions, shown: string, header: boolean): void {
  for (const name of Object.keys(columns ?? {})) {
    if (names.includes(name)) continue;
    const has = `${names.length === 1 ? "its only column is" : `its ${names.length} columns are`} ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`;
    refuse(shown, `has no column "${name}"`, header ? `${nearest(name, names)}; ${has}` : `its first line has ${names.length} values`, 1);
  }
}

function refuse(shown: string, what: string, remedy: string, line?: number): never {
  return fail("E_CSV", `${shown} ${what}`, { place: { file: shown, ...(line ? { line } : {}) }, remedy });
}
