import type * as Duck from "@duckdb/node-api";

/** Private parts of @duckdb/node-api's vectors, whose version is pinned: the memory itself, without a call per value. */
interface Memory {
  readonly items?: unknown;
  readonly validity?: { readonly data: BigUint64Array | null };
}

const all = 0xffff_ffff_ffff_ffffn;

/** The numbers of a chunk's column; undefined where it has other values, or a NULL among them. */
export function numbersOf(vector: Duck.DuckDBVector): NodeJS.TypedArray | undefined {
  const { items, validity } = vector as unknown as Memory;
  if (!ArrayBuffer.isView(items) || items instanceof DataView || validity === undefined) return undefined;
  return hasNull(validity.data, vector.itemCount) ? undefined : (items as NodeJS.TypedArray);
}

/** Puts numbers into a chunk's column; false where it holds other values. */
export function putNumbers(vector: Duck.DuckDBVector, numbers: NodeJS.TypedArray): boolean {
  const { items } = vector as unknown as Memory;
  if (!ArrayBuffer.isView(items) || items instanceof DataView) return false;
  (items as Float64Array).set(numbers as Float64Array);
  vector.flush();
  return true;
}

/**
 * Puts integers of 64 bits into an array as numbers; false where one is not a safe integer. Read by halves, since a bigint for each
 * takes ten times as long.
 */
export function putSafe(numbers: Float64Array, at: number, integers: NodeJS.TypedArray): boolean {
  const low = new Uint32Array(integers.buffer, integers.byteOffset, 2 * integers.length);
  const high = integers instanceof BigInt64Array ? new Int32Array(integers.buffer, integers.byteOffset, 2 * integers.length) : low;
  for (let i = 0; i < integers.length; i++) {
    const value = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!;
    if (!Number.isSafeInteger(value)) return false;
    numbers[at + i] = value;
  }
  return true;
}

/** One bit per row, in words of 64; what follows the last row is anything. */
function hasNull(words: BigUint64Array | null, count: number): boolean {
  if (words === null) return false;
  const whole = count >> 6;
  for (let i = 0; i < whole; i++) if (words[i] !== all) return true;
  const rest = (1n << BigInt(count & 63)) - 1n;
  return (count & 63) > 0 && (words[whole]! & rest) !== rest;
}
