import { isUtf8 } from "node:buffer";
import { fail } from "../errors.ts";
import { readTagged, type RawReader } from "./codec-read.ts";
import { TagWriter } from "./codec-write.ts";
import { readOnly } from "./freeze.ts";

/** Version of the form; docs/formats.md describes it. */
const valueFormat = "stepbook-value/1";

/**
 * A value as bytes, in chunks: one line of JSON, then the bytes of its larger typed arrays (not copied, so the value
 * must not change until they are written). Equal values give equal bytes.
 *
 * @param name how the value is called where it cannot be stored: the export's name
 * @throws E_UNSTORABLE with the path inside the value and what to do
 */
export function encodeValue(value: unknown, name = "value"): Uint8Array[] {
  const writer = new TagWriter();
  writer.text(`{"format":"${valueFormat}","value":`);
  writer.value(value, name);
  writer.text(`,"raw":${writer.rawBytes}}`);
  if (writer.rawBytes > 0) {
    // Raw bytes start at a multiple of 8, so that a reader may map them as they are.
    writer.flush();
    writer.text(" ".repeat((8 - ((writer.textBytes + 1) % 8)) % 8));
  }
  writer.text("\n");
  return writer.chunks();
}

/** Bytes that are read in pieces: a file, or an array of bytes. */
export interface Source {
  readonly size: number;
  /** Exactly these bytes, in an ArrayBuffer of their own. */
  read(at: number, length: number): Uint8Array<ArrayBuffer>;
}

interface DecodeOptions {
  /** Makes the value read-only. */
  readonly freeze?: boolean;
  /** How the value is called where it is written to although read-only. */
  readonly label?: string;
}

/**
 * The value of {@link encodeValue}'s bytes. Runs no code of them and touches no prototype.
 * @throws E_DECODE for any other bytes
 */
export function decodeValue(bytes: Uint8Array, options: DecodeOptions = {}): unknown {
  return decodeSource({ size: bytes.length, read: (at, length) => new Uint8Array(bytes.subarray(at, at + length)) }, options);
}

/** As {@link decodeValue}; each typed array is read into memory of its own, the whole file is never there. */
export function decodeSource(source: Source, { freeze = false, label = "value" }: DecodeOptions = {}): unknown {
  const line = firstLine(source);
  const rawStart = line.length + 1;
  const { value, raw } = readDocument(line);
  if (source.size - rawStart !== raw) {
    fail("E_DECODE", `not a stored value: it says that ${raw} bytes follow its first line, and ${source.size - rawStart} do`, damaged);
  }
  const reader: RawReader = { size: raw, read: (at, length) => source.read(rawStart + at, length).buffer };
  const decoded = readTagged(value, reader);
  return freeze ? readOnly(decoded, label) : decoded;
}

const damaged = { remedy: "it is damaged or of a newer version; run again to make it anew" };

const newline = 10;

/** A short line may have gigabytes of arrays behind it; a longer one is most likely all that there is. */
const pieces = [1 << 16, 1 << 28, Infinity];

function firstLine(source: Source): Buffer {
  let seen = 0;
  for (const piece of pieces) {
    const length = Math.min(piece, source.size);
    const bytes = Buffer.from(source.read(0, length).buffer);
    const end = bytes.indexOf(newline, seen);
    if (end >= 0) return bytes.subarray(0, end);
    seen = length;
  }
  return fail("E_DECODE", "not a stored value: its first line has no end", damaged);
}

function readDocument(line: Buffer): { value: unknown; raw: number } {
  const document = parse(line);
  if (typeof document !== "object" || document === null || !("format" in document))
    return fail("E_DECODE", "not a stored value: its first line is not a document of ours", damaged);
  const { format, value, raw } = document as { format: unknown; value: unknown; raw: unknown };
  if (format !== valueFormat)
    return fail("E_DECODE", `a stored value of the form ${JSON.stringify(format)}, where ${valueFormat} is known`, damaged);
  if (value === undefined || !Number.isSafeInteger(raw) || (raw as number) < 0)
    return fail("E_DECODE", "not a stored value: its first line is not complete", damaged);
  return { value, raw: raw as number };
}

function parse(line: Buffer): unknown {
  if (!isUtf8(line)) return fail("E_DECODE", "not a stored value: its first line is not text", damaged);
  try {
    return JSON.parse(line.toString());
  } catch (thrown) {
    return fail("E_DECODE", "not a stored value: its first line is not JSON", damaged, thrown);
  }
}
