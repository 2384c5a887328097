import { fail } from "../errors.ts";
import type { Source } from "./codec.ts";
import { itemText } from "./codec-write.ts";
import { type ArrayKind, arrayKinds } from "./typed-arrays.ts";

/** So many bytes are looked at, and so many numbers written, in one go: about a millisecond of work. */
const windowBytes = 1 << 16;
const windowItems = 1 << 12;
/** The tag of an array that lies apart is shorter, and so is what follows the value. */
const lookahead = 128;

const head = '{"format":"stepbook-value/1","value":';
const code = (character: string) => character.charCodeAt(0);
const [quote, backslash, comma, colon, dollar] = [code('"'), code("\\"), code(","), code(":"), code("$")];
const [openArray, closeArray, openObject, closeObject] = [code("["), code("]"), code("{"), code("}")];

/**
 * A stored value's text with all arrays in it, as a model's file has it. Made of the stored bytes in small pieces, some of
 * them empty: to decode a large value and encode it again would hold the runner's loop.
 *
 * @param lines one line a field, where it is an object with fields
 * @throws E_DECODE for what is not a stored value
 */
export function* valueText(source: Source, lines: boolean): Generator<Uint8Array> {
  const { end, raw, hasFields } = yield* survey(source);
  let copied = 0;
  for (const { bytes, marks, length } of windows(source, end)) {
    const pieces: Uint8Array[] = [];
    for (const { at, depth } of marks) {
      const line = lines && hasFields ? lineText(bytes[at]!, depth) : undefined;
      if (line) {
        pieces.push(bytes.subarray(copied, at), Buffer.from(line));
        copied = at + 1;
      }
      const tag = apartAt(bytes, at);
      if (tag) {
        yield Buffer.concat([...pieces.splice(0), bytes.subarray(copied, at), Buffer.from(`{"$${tag.kind}":[`)]);
        yield* itemsText(source, raw + tag.at, tag.kind, tag.items);
        pieces.push(Buffer.from("]}"));
        copied = at + tag.length;
      }
    }
    yield Buffer.concat([...pieces, bytes.subarray(copied, Math.max(copied, length))]);
    // A tag may end beyond the window.
    copied = Math.max(0, copied - length);
  }
}

/** Where the value ends, where the bytes of its large arrays begin, and whether it is an object with fields: no tag, and no key that looks like one. */
function* survey(source: Source): Generator<Uint8Array, { end: number; raw: number; hasFields: boolean }> {
  if (text(source, 0, head.length) !== head) damaged("it begins with something else");
  let hasFields = false;
  for (const { from, bytes, marks } of windows(source, source.size)) {
    for (const { at, depth } of marks) {
      if (depth === 0 && bytes[at] === comma) {
        const [tail, size] = /^,"raw":(\d+)\} *\n/.exec(text(source, from + at, lookahead)) ?? damaged("its line does not end");
        const raw = from + at + tail.length;
        return raw + Number(size) === source.size ? { end: from + at, raw, hasFields } : damaged("bytes are missing");
      }
      const isFirst = depth === 0 && from + at === head.length;
      if (isFirst) hasFields = bytes[at] === openObject && bytes[at + 1] === quote;
      if (isFirst || (depth === 1 && bytes[at] === comma)) hasFields &&= bytes[at + 2] !== dollar;
    }
    yield new Uint8Array();
  }
  return damaged("it has no end");
}

/** A byte between strings that may be of interest, and how deep it lies; a bracket lies where it stands itself. */
interface Mark {
  readonly at: number;
  readonly depth: number;
}

/** The value's text, piece by piece, each with some bytes of the next one behind its `length`. */
function* windows(source: Source, end: number): Generator<{ from: number; bytes: Uint8Array; marks: readonly Mark[]; length: number }> {
  let depth = 0;
  let inString = false;
  for (let from = head.length; from < end;) {
    const bytes = source.read(from, Math.min(windowBytes + lookahead, end - from));
    const marks: Mark[] = [];
    let at = 0;
    for (const stop = Math.min(windowBytes, bytes.length); at < stop; at++) {
      const byte = bytes[at];
      if (inString) {
        if (byte === backslash) at++;
        else if (byte === quote) inString = false;
      } else if (byte === quote) inString = true;
      else if (byte === openObject) marks.push({ at, depth: depth++ });
      else if (byte === openArray) depth++;
      else if (byte === closeArray) depth--;
      else if (byte === closeObject) marks.push({ at, depth: --depth });
      else if (depth <= 1 && (byte === comma || byte === colon)) marks.push({ at, depth });
    }
    const length = Math.min(at, bytes.length);
    yield { from, bytes, marks, length };
    from += length;
  }
}

function lineText(byte: number, depth: number): string | undefined {
  if (depth === 0) return byte === openObject ? "{\n" : byte === closeObject ? "\n}" : undefined;
  if (depth !== 1) return undefined;
  return byte === comma ? ",\n" : byte === colon ? ": " : undefined;
}

/** The tag of an array that lies apart. A key of the user's never reads like it: it would have one `$` more. */
function apartAt(
  bytes: Uint8Array,
  at: number,
): { kind: ArrayKind | "buffer" | "arraybuffer"; at: number; items: number; length: number } | undefined {
  if (bytes[at] !== openObject || bytes[at + 1] !== quote || bytes[at + 2] !== dollar) return undefined;
  const [tag, kind, place, items] =
    /^\{"\$(\w+)":\{"at":(\d+),"length":(\d+)\}\}/.exec(Buffer.from(bytes.subarray(at, at + lookahead)).toString("latin1")) ?? [];
  if (tag === undefined) return undefined;
  if (kind !== "buffer" && kind !== "arraybuffer" && !Object.hasOwn(arrayKinds, kind!)) damaged(`an unknown tag $${kind}`);
  return { kind: kind as ArrayKind, at: Number(place), items: Number(items), length: tag.length };
}

function* itemsText(source: Source, from: number, kind: ArrayKind | "buffer" | "arraybuffer", items: number): Generator<Uint8Array> {
  const Kind = kind === "buffer" || kind === "arraybuffer" ? Uint8Array : arrayKinds[kind];
  for (let first = 0; first < items; first += windowItems) {
    const count = Math.min(windowItems, items - first);
    const bytes = source.read(from + first * Kind.BYTES_PER_ELEMENT, count * Kind.BYTES_PER_ELEMENT);
    yield Buffer.from(`${first === 0 ? "" : ","}${Array.from(new Kind(bytes.buffer) as Iterable<number | bigint>, itemText).join(",")}`);
  }
}

function text(source: Source, at: number, length: number): string {
  return Buffer.from(source.read(at, Math.min(length, source.size - at))).toString("latin1");
}

function damaged(what: string): never {
  return fail("E_DECODE", `not a stored value: ${what}`, { remedy: "it is damaged or of a newer version; run again to make it anew" });
}
