import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readSync, statSync } from "./quiet-fs.ts";
import { constants, gunzipSync } from "node:zlib";
import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { records } from "./csv-records.ts";

export interface CsvOptions {
  /** Column → DuckDB type (`{ id: "INTEGER", day: "DATE" }`): these must be there. Others are kept, their types found. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Whether the first line names the columns; true by default. Without one they are `column0`, `column1`, … or the names in `columns`. */
  readonly header?: boolean;
  /** One character; by default that of `,` `;` tab `|` which the first line has most of. */
  readonly delimiter?: string;
  readonly encoding?: "utf-8" | "latin-1" | "utf-16";
  /** Texts that mean NULL, besides the empty field: `["NA", "?"]`. */
  readonly nullStrings?: readonly string[];
}

/** What is known of a CSV file from its first line. */
export interface Head {
  readonly file: string;
  /** How it is named to the user: relative to the project. */
  readonly shown: string;
  readonly delimiter: string;
  readonly names: readonly string[];
  readonly header: boolean;
  readonly encoding: NonNullable<CsvOptions["encoding"]>;
  /** Whether it starts with a byte order mark. */
  readonly packed: boolean;
  /** Blank lines before the first record. */
  readonly skip: number;
  readonly options: CsvOptions;
}

/** Enough for the widest header. */
const headSize = 1 << 20;

/** @throws E_CSV for an empty file, another encoding, a header without the columns asked for */
export function readHead(file: string, shown: string, options: CsvOptions): Head {
  const packed = /\.gz$/i.test(file);
  if (statSync(file).size === 0) refuse(shown, "is empty: 0 bytes", "it should have a header line and rows");
  const bytes = readStart(file, packed);
  const encoding = options.encoding ?? "utf-8";
  const text = decode(bytes, encoding, shown);
  const delimiter = options.delimiter ?? findDelimiter(text);
  if (delimiter.length !== 1) refuse(shown, `delimiter is ${JSON.stringify(delimiter)}`, 'give one character, such as ";"');
  const first = records(text, delimiter).next();
  if (first.done) refuse(shown, "has no line with text", "it should have a header line and rows");
  const header = options.header ?? true;
  const names = header ? headerNames(first.value.fields, shown) : plainNames(first.value.fields, options);
  mustHave(names, options, shown, header);
  return { file, shown, delimiter, names, header, encoding, packed, options, skip: first.value.line - 1 };
}

function readStart(file: string, packed: boolean): Buffer {
  const handle = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(headSize);
    const start = buffer.subarray(0, readSync(handle, buffer, 0, headSize, 0));
    return packed ? gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }) : start;
  } finally {
    closeSync(handle);
  }
}

function decode(bytes: Buffer, encoding: Head["encoding"], shown: string): string {
  const guessed = guessEncoding(bytes);
  if (guessed === "utf-16" && encoding !== "utf-16") {
    refuse(shown, `is UTF-16 and not ${encoding.toUpperCase()}`, 'read it with { encoding: "utf-16" }');
  }
  if (encoding === "utf-16" && (bytes[0] === 0xfe || bytes[0] === 0)) refuse(shown, "is UTF-16 with the high bytes first, which DuckDB does not read", "save it as UTF-8");
  return textOf(bytes, encoding);
}

export function textOf(bytes: Uint8Array, encoding: Head["encoding"]): string {
  if (encoding === "utf-16") return new TextDecoder("utf-16le").decode(bytes);
  return new TextDecoder(encoding === "latin-1" ? "latin1" : "utf-8").decode(bytes);
}

/** By its byte order mark, or by the zeros that Latin letters have in UTF-16. */
function guessEncoding(bytes: Uint8Array): Head["encoding"] {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return "utf-16";
  if (bytes.subarray(0, 1000).includes(0)) return "utf-16";
  return isUtf8(bytes) ? "utf-8" : "latin-1";
}

function findDelimiter(text: string): string {
  const line = text.split(/\r?\n|\r/).find((each) => each.trim() !== "") ?? "";
  const bare = line.replace(/"(?:[^"]|"")*"/g, "");
  const counts = [",", ";", "\t", "|"].map((character) => ({ character, count: bare.split(character).length - 1 }));
  return counts.reduce((best, each) => (each.count > best.count ? each : best)).character;
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
