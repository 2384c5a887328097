/** A cell of a table as text for the eye, whatever it holds; a text is itself. */
export function cellText(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "infinity" : value.toISOString().replace("T00:00:00.000Z", "");
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === "object" && value !== null ? JSON.stringify(value, inside) : String(value);
}

/** What JSON has no words for, or others; `this` holds the value as it is, before its toJSON. */
function inside(this: Readonly<Record<string, unknown>>, key: string): unknown {
  const value = this[key];
  if (value instanceof Map) return [...(value as Iterable<unknown>)];
  const isOdd =
    typeof value === "bigint" ||
    (typeof value === "number" && !Number.isFinite(value)) ||
    value instanceof Date ||
    value instanceof Uint8Array;
  return isOdd ? cellText(value) : value;
}
