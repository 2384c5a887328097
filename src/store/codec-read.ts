import { fail } from "../errors.ts";
import { deepest } from "./codec-write.ts";
import { arrayKinds, type AnyTypedArray, type ArrayKind } from "./typed-arrays.ts";

/** The bytes after the first line. */
export interface RawReader {
  readonly size: number;
  read(at: number, length: number): ArrayBuffer;
}

/** A value of its JSON with tags. @throws E_DECODE for what {@link TagWriter} does not write */
export function readTagged(json: unknown, raw: RawReader): unknown {
  let left = raw.size;
  const reader: RawReader = {
    size: raw.size,
    read: (at, length) => {
      // No byte is read twice, so that a small file cannot become a large value.
      left -= length;
      if (left < 0) bad("its typed arrays overlap");
      return raw.read(at, length);
    },
  };
  return read(json, reader, 0);
}

function read(json: unknown, raw: RawReader, depth: number): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (depth >= deepest) bad(`it is deeper than ${deepest} levels`);
  if (Array.isArray(json)) return readArray(json, raw, depth + 1);
  const keys = Object.keys(json);
  const tag = keys[0];
  if (tag !== undefined && isTag(tag)) {
    if (keys.length > 1) bad(`a tag ${tag} beside other keys`);
    return readTag(tag, (json as Record<string, unknown>)[tag], raw, depth);
  }
  return keys.some((key) => key.startsWith("$") || key === "__proto__")
    ? readFields({}, json, keys, raw, depth + 1)
    : readPlain(json as Record<string, unknown>, keys, raw, depth + 1);
}

const isTag = (key: string) => key.startsWith("$") && !key.startsWith("$$");

/** In place, as most objects are. */
function readPlain(json: Record<string, unknown>, keys: readonly string[], raw: RawReader, depth: number): object {
  for (const key of keys) {
    const field = json[key];
    if (typeof field === "object" && field !== null) json[key] = read(field, raw, depth);
  }
  return json;
}

function readFields(target: object, json: object, keys: readonly string[], raw: RawReader, depth: number): object {
  for (const key of keys) {
    if (isTag(key)) bad(`a tag ${key} beside other keys`);
    const value = read((json as Record<string, unknown>)[key], raw, depth);
    const name = key.startsWith("$$") ? key.slice(1) : key;
    // Defined, not assigned: __proto__ is a key like any other.
    if (name === "__proto__") Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
    else (target as Record<string, unknown>)[name] = value;
  }
  return target;
}

/** In place, where no item stands for holes: most arrays are long, and of numbers and text. */
function readArray(json: unknown[], raw: RawReader, depth: number): unknown[] {
  for (let i = 0; i < json.length; i++) {
    const item = json[i];
    if (typeof item !== "object" || item === null) continue;
    if (holesOf(item) !== undefined) return readWithHoles(json, i, raw, depth);
    json[i] = read(item, raw, depth);
  }
  return json;
}

/** @param from the items before it are read */
function readWithHoles(json: readonly unknown[], from: number, raw: RawReader, depth: number): unknown[] {
  const items = json.slice(0, from);
  for (const each of json.slice(from)) {
    const holes = holesOf(each);
    if (holes === undefined) items[items.length] = read(each, raw, depth);
    else if (items.length + holes < 2 ** 32) items.length += holes;
    else bad("an array that is too long");
  }
  return items;
}

function holesOf(json: unknown): number | undefined {
  if (typeof json !== "object" || json === null || !Object.hasOwn(json, "$hole")) return undefined;
  const holes = (json as { $hole: unknown }).$hole;
  return Number.isSafeInteger(holes) && (holes as number) > 0 && Object.keys(json).length === 1
    ? (holes as number)
    : bad("a $hole that is not a count");
}

const constants = new Map<unknown, unknown>([
  ["undefined", undefined],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

function readTag(tag: string, json: unknown, raw: RawReader, depth: number): unknown {
  switch (tag) {
    case "$":
      return constants.has(json) ? constants.get(json) : bad(`"$" is ${JSON.stringify(json)}`);
    case "$bigint":
      return readBigint(json);
    case "$date":
      return readDate(json);
    case "$map":
      return new Map(list(tag, json).map((entry) => readEntry(entry, raw, depth + 1)));
    case "$set":
      return new Set(list(tag, json).map((item) => read(item, raw, depth + 1)));
    case "$bare":
      if (typeof json !== "object" || json === null || Array.isArray(json)) return bad("$bare is not an object");
      return readFields(Object.create(null) as object, json, Object.keys(json), raw, depth + 1);
    case "$buffer":
      return Buffer.from(readNumbers("uint8", json, raw).buffer);
    case "$arraybuffer":
      return readNumbers("uint8", json, raw).buffer;
    default: {
      const kind = tag.slice(1);
      return Object.hasOwn(arrayKinds, kind) ? readNumbers(kind as ArrayKind, json, raw) : bad(`an unknown tag ${tag}`);
    }
  }
}

function readEntry(json: unknown, raw: RawReader, depth: number): [unknown, unknown] {
  if (!Array.isArray(json) || json.length !== 2) return bad("a $map entry that is not a pair");
  return [read(json[0], raw, depth), read(json[1], raw, depth)];
}

function readBigint(json: unknown): bigint {
  return typeof json === "string" && /^(0|-?[1-9]\d*)$/.test(json) ? BigInt(json) : bad("a $bigint that is not a whole number");
}

function readDate(json: unknown): Date {
  if (json === null) return new Date(NaN);
  const date = new Date(typeof json === "string" ? json : NaN);
  return !Number.isNaN(date.getTime()) && date.toISOString() === json ? date : bad("a $date that is none");
}

function readNumbers(kind: ArrayKind, json: unknown, raw: RawReader): AnyTypedArray {
  return Array.isArray(json) ? inline(kind, json) : apart(kind, json, raw);
}

function inline(kind: ArrayKind, json: readonly unknown[]): AnyTypedArray {
  const array = new arrayKinds[kind](json.length);
  const big = kind.startsWith("big");
  json.forEach((item, index) => {
    const value = big ? readBigint(item) : typeof item === "string" ? constants.get(item) : item;
    array[index] = value as never;
    if ((typeof value !== "number" && !big) || !Object.is(array[index], value)) bad(`a ${kind} array with ${JSON.stringify(item)} in it`);
  });
  return array;
}

function apart(kind: ArrayKind, json: unknown, raw: RawReader): AnyTypedArray {
  const { at, length } = (typeof json === "object" && json !== null ? json : {}) as { at?: unknown; length?: unknown };
  const size = arrayKinds[kind].BYTES_PER_ELEMENT;
  if (!isCount(at) || !isCount(length) || at % 8 !== 0) return bad(`a ${kind} array without place and length`);
  if (at + length * size > raw.size) return bad(`a ${kind} array that ends beyond the file`);
  return new arrayKinds[kind](raw.read(at, length * size));
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function list(tag: string, json: unknown): unknown[] {
  return Array.isArray(json) ? json : bad(`${tag} is not a list`);
}

function bad(what: string): never {
  return fail("E_DECODE", `not a stored value: ${what}`, { remedy: "it is damaged or of a newer version; run again to make it anew" });
}
