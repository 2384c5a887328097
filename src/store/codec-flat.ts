import { displaySymbol } from "./figure.ts";

/*
 * Text of what JSON has words for, as most data is: the engine writes it many times as fast as a walk that looks at each value.
 */

/** So many items, or characters, at a time: text is put away in pieces. */
const mostItems = 4096;
const mostCharacters = 1 << 20;

/** Items of an array, from one on, that JSON has as they are. */
export function flatItems(array: readonly unknown[], from: number): readonly unknown[] {
  const items: unknown[] = [];
  const end = Math.min(array.length, from + mostItems);
  for (let [at, characters] = [from, 0]; at < end && characters < mostCharacters; at++) {
    // Read once: what stands there may be a getter.
    const item = array[at];
    if (!isFlat(item)) break;
    items.push(item);
    if (typeof item === "string") characters += item.length;
  }
  return "toJSON" in items ? [] : items;
}

/** A row, as an object or as a short array. Undefined where its text is another, or has to be refused. */
export function flatText(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return flatObject(value);
  if (prototype !== Array.prototype || !Array.isArray(value) || value.length > mostItems) return undefined;
  const flat = flatItems(value, 0);
  return flat.length > 0 && flat.length === value.length && Reflect.ownKeys(value).length === flat.length + 1
    ? JSON.stringify(flat)
    : undefined;
}

function flatObject(object: object): string | undefined {
  if ("toJSON" in object || "then" in object || "outerHTML" in object || displaySymbol in object) return undefined;
  let characters = 0;
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key === "symbol" || key.startsWith("$")) return undefined;
    const { enumerable, value } = Object.getOwnPropertyDescriptor(object, key)!;
    if (!enumerable || !isFlat(value)) return undefined;
    if (typeof value === "string" && (characters += value.length) > mostCharacters) return undefined;
  }
  return JSON.stringify(object);
}

/** Whether JSON has it as it is: not undefined, NaN, -0, the infinities, and whatever is not a primitive. */
function isFlat(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" || typeof value === "boolean" || value === null;
}
