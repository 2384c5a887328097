/**
 * A value as plain JSON data: bigint → text, Map → list of pairs, Set and typed array → list,
 * Date → ISO 8601, undefined and what JSON has no word for → null.
 */
export function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) return [...value].map(([key, item]) => [plain(key), plain(item)]);
  if (value instanceof Set) return [...value].map(plain);
  if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  // A null prototype: a field named __proto__ is a field like any other.
  return Object.assign(Object.create(null), Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)])));
}
