/** Arrays of numbers or bytes that the codec knows: tag → constructor. */
export const arrayKinds = {
  int8: Int8Array,
  uint8: Uint8Array,
  uint8clamped: Uint8ClampedArray,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
  bigint64: BigInt64Array,
  biguint64: BigUint64Array,
} as const;

export type ArrayKind = keyof typeof arrayKinds;
export type AnyTypedArray = InstanceType<(typeof arrayKinds)[ArrayKind]>;

const kindOfPrototype = new Map<unknown, ArrayKind>(
  Object.entries(arrayKinds).map(([kind, { prototype }]) => [prototype, kind as ArrayKind]),
);

/** The kind of a typed array; undefined for a subclass and for all else. */
export function arrayKind(value: object): ArrayKind | undefined {
  return kindOfPrototype.get(Object.getPrototypeOf(value));
}

/** The bytes of an array or a buffer, where they lie. */
export function bytesOf(value: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
}

/**
 * The bytes of an array, with each NaN as the one that JavaScript writes: processors make NaNs of
 * different bits, and equal values must give equal bytes. Copied only where there is another NaN.
 */
export function canonicalBytes(array: AnyTypedArray): Uint8Array {
  if (!(array instanceof Float64Array || array instanceof Float32Array) || !hasOddNaN(array)) return bytesOf(array);
  const copy = array.slice();
  for (let i = 0; i < copy.length; i++) if (Number.isNaN(copy[i])) copy[i] = NaN;
  return bytesOf(copy);
}

function hasOddNaN(array: Float64Array | Float32Array): boolean {
  const words = new Uint32Array(array.buffer, array.byteOffset, array.byteLength / 4);
  const double = array instanceof Float64Array;
  for (let i = 0; i < array.length; i++) {
    if (!Number.isNaN(array[i])) continue;
    if (double ? words[2 * i] !== 0 || words[2 * i + 1] !== 0x7ff80000 : words[i] !== 0x7fc00000) return true;
  }
  return false;
}
