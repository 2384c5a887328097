import assert from "node:assert";

/**
 * Equal in all that the codec promises: kinds, prototypes, -0 and NaN, holes, the order of keys and entries.
 * (assert.deepStrictEqual takes two invalid Dates for different, and the order of keys for nothing.)
 */
export function assertSame(a: unknown, b: unknown): void {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return assert.ok(Object.is(a, b), `${String(a)} is not ${String(b)}`);
  assert.strictEqual(Object.getPrototypeOf(a), Object.getPrototypeOf(b));
  if (a instanceof Date && b instanceof Date) return assert.ok(Object.is(a.getTime(), b.getTime()));
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return assertSame([...(a as Uint8Array)], [...(b as Uint8Array)]);
  if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) return assertSame(new Uint8Array(a), new Uint8Array(b));
  if ((a instanceof Map && b instanceof Map) || (a instanceof Set && b instanceof Set)) return assertSame([...a], [...b]);
  assert.deepStrictEqual(Reflect.ownKeys(a), Reflect.ownKeys(b));
  if (Array.isArray(a)) assert.strictEqual(a.length, (b as unknown[]).length);
  for (const key of Object.keys(a)) assertSame(Reflect.get(a, key), Reflect.get(b, key));
}
