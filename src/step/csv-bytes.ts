import { isUtf8 } from "node:buffer";
import { constants, gunzipSync } from "node:zlib";
import type { CsvOptions } from "./csv-options.ts";
import { closeSync, openSync, readSync } from "./quiet-fs.ts";

export type Encoding = NonNullable<CsvOptions["encoding"]>;

/** Enough for the widest header. */
export const headSize = 1 << 20;

/** The first bytes of a file, unpacked where it is packed with gzip, whatever its name. */
export function readStart(file: string): { bytes: Buffer; packed: boolean } {
  const handle = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(headSize);
    const start = buffer.subarray(0, readSync(handle, buffer, 0, headSize, 0));
    const packed = start[0] === 0x1f && start[1] === 0x8b;
    return { bytes: packed ? gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }) : start, packed };
  } finally {
    closeSync(handle);
  }
}

/** Whether a text in UTF-8 begins with a byte order mark. */
export function isMarked(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** What is not text: how its first bytes read in Latin-1, what it is, and how it is read. */
const others: readonly { readonly begins: RegExp; readonly what: string; readonly remedy: (shown: string) => string }[] = [
  { begins: /^PK[\x03\x05]/, what: "a ZIP archive, as .xlsx files are", remedy: () => "save its sheet as CSV, or unpack it" },
  { begins: /^\xd0\xcf\x11\xe0/, what: "an old Excel file", remedy: () => "save its sheet as CSV" },
  { begins: /^PAR1[^ -~\s]/, what: "a Parquet file", remedy: (shown) => `read it with parquet(${JSON.stringify(shown)})` },
  {
    begins: /^\x28\xb5\x2f\xfd/,
    what: "packed with zstd",
    remedy: (shown) => `unpack it, or read it with sql\`FROM read_csv('${shown}', compression = 'zstd')\``,
  },
];

/** What is wrong with the bytes as a text of the encoding; undefined where nothing is. */
export function notText(bytes: Buffer, encoding: Encoding, shown: string): { what: string; remedy: string } | undefined {
  const start = bytes.subarray(0, 8).toString("latin1");
  const other = others.find(({ begins }) => begins.test(start));
  if (other) return { what: `is ${other.what}`, remedy: other.remedy(shown) };
  if (encoding === "utf-16")
    return bytes[0] === 0xfe || bytes[0] === 0
      ? { what: "is UTF-16 with the high bytes first, which DuckDB does not read", remedy: "save it as UTF-8" }
      : undefined;
  if (isUtf16(bytes)) return { what: `is UTF-16 and not ${encoding.toUpperCase()}`, remedy: 'read it with { encoding: "utf-16" }' };
  if (bytes.subarray(0, 1000).includes(0)) return { what: "is not text: it holds bytes of zero", remedy: "save it as CSV in UTF-8" };
  return undefined;
}

/** By its byte order mark, or by the zeros that Latin letters have in UTF-16 at every second place. */
function isUtf16(bytes: Uint8Array): boolean {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return true;
  const start = bytes.subarray(0, 1000);
  const [even, odd] = [0, 1].map((rest) => start.filter((byte, index) => byte === 0 && index % 2 === rest).length) as [number, number];
  return Math.min(even, odd) === 0 && Math.max(even, odd) * 4 >= start.length && start.length > 0;
}

export function textOf(bytes: Uint8Array, encoding: Encoding): string {
  if (encoding === "utf-16") return new TextDecoder("utf-16le").decode(bytes);
  return new TextDecoder(encoding === "latin-1" ? "latin1" : "utf-8").decode(bytes);
}

/** Whether a text that was read as UTF-8 stands in the bytes so, and is not what became of other bytes. */
export function isAsWritten(text: string, bytes: Buffer): boolean {
  return !text.includes("\ufffd") || isUtf8(bytes) || bytes.includes(text);
}
