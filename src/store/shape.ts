import { inspect } from "node:util";
import { readOnlyKind } from "./freeze.ts";
import { keyStep, type Path } from "./path.ts";
import { arrayKind } from "./typed-arrays.ts";
import { refuse } from "./unstorable.ts";

/** Of longer arrays the names of all items would take longer than to write them. */
const longestChecked = 10_000;

/** Which of the codec's kinds an object is, by its prototype: a subclass is none of them. */
export function kindOf(value: object) {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return "plain";
  if (prototype === null) return "bare";
  if (prototype === Array.prototype && Array.isArray(value)) return "array";
  if (prototype === Map.prototype) return "map";
  if (prototype === Set.prototype) return "set";
  if (prototype === Date.prototype) return "date";
  if (prototype === Buffer.prototype) return "buffer";
  if (prototype === ArrayBuffer.prototype) return "arraybuffer";
  return arrayKind(value) ? "typed" : readOnlyKind(value);
}

/** The value of a property of the object at the path. A getter is not run: what it gives may differ each time. Those of a bundled module (`export * as settings from …`) give its exports. */
export function dataOf(value: object, key: string, path: Path): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  if (descriptor?.get && isOfModule(descriptor) && Object.isExtensible(value)) return descriptor.get.call(value) as unknown;
  if (!descriptor || !("value" in descriptor)) return refuse(keyStep(path, key), "a getter", "export what it gives: { ...value }");
  if (!descriptor.enumerable)
    return refuse(keyStep(path, key), "a hidden property (not enumerable)", "leave it out, or make it an ordinary one: { ...value }");
  return descriptor.value;
}

/** As esbuild defines them, in an object that is not frozen; literals do not. */
function isOfModule({ set, enumerable, configurable }: PropertyDescriptor): boolean {
  return set === undefined && enumerable === true && configurable === false;
}

/** @throws E_UNSTORABLE for a property besides the items, as the match of a RegExp has them */
export function onlyItems(value: readonly unknown[], items: number, path: Path): void {
  if (value.length > longestChecked && isBare(value)) return;
  const keys = Reflect.ownKeys(value);
  if (keys.length === items + 1) return; // and length
  const named = keys.find((key) => key !== "length" && !(typeof key === "string" && /^(0|[1-9]\d*)$/.test(key)));
  refuse(keyStep(path, String(named)), "a named property of an array", "make a plain array of the items: [...items]");
}

/** Whether nothing but items would be shown of it: `inspect` asks the engine for the other properties alone. */
function isBare(value: readonly unknown[]): boolean {
  return /^\[ \.{3} \d+ more items \]$/.test(inspect(value, { maxArrayLength: 0, depth: 0, customInspect: false, breakLength: Infinity }));
}

/** @throws E_UNSTORABLE for a property that was set on a Map, Set or Date */
export function noOwn(value: object, path: Path, kind: string): void {
  const [key] = Reflect.ownKeys(value);
  if (key !== undefined) refuse(keyStep(path, String(key)), `a property set on a ${kind}`, "keep it beside it, in an object");
}
