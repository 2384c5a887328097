import { digestOf } from "./digest.ts";
import { entryStep, itemStep, keyStep, pathText, type Path } from "./path.ts";
import { arrayKind, bytesOf, type AnyTypedArray } from "./typed-arrays.ts";

/** Read-only Maps, Sets and Dates → where each lies in which input, for the error. */
const places = new WeakMap<object, Path>();

function refuseChange(this: object): never {
  const path = places.get(this);
  throw new TypeError(`read-only: \`${path ? pathText(path) : "it"}\` is an output of another step; copy it first`);
}

/** The class's methods but for those named, which throw. */
function guarded<Prototype extends object>(prototype: Prototype, mutators: readonly PropertyKey[]): Prototype {
  const made = Object.create(prototype) as Prototype;
  for (const name of mutators) Object.defineProperty(made, name, { value: refuseChange, enumerable: false });
  return Object.freeze(made);
}

const dateSetters = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith("set"));

const prototypes = {
  map: guarded(Map.prototype, ["set", "delete", "clear"]),
  set: guarded(Set.prototype, ["add", "delete", "clear"]),
  date: guarded(Date.prototype, dateSetters),
} as const;

/** Which of the read-only kinds a value is; undefined for any other. */
export function readOnlyKind(value: object): keyof typeof prototypes | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (Object.keys(prototypes) as (keyof typeof prototypes)[]).find((kind) => prototypes[kind] === prototype);
}

/**
 * Makes a decoded value read-only in depth, in place: objects and arrays are frozen, the mutators of Map, Set and Date throw
 * a TypeError that names the input. Typed arrays cannot be frozen; see {@link mutationGuard}.
 *
 * @param label how the value is called in the step: the name of the import
 */
export function readOnly<Value>(value: Value, label: string): Value {
  walk(value, { name: label }, (each, path) => {
    if (each instanceof Map) guard(each, prototypes.map, path);
    else if (each instanceof Set) guard(each, prototypes.set, path);
    else if (each instanceof Date) guard(each, prototypes.date, path);
    else if (!ArrayBuffer.isView(each) && !(each instanceof ArrayBuffer)) Object.freeze(each);
  });
  return value;
}

function guard(value: object, prototype: object, path: Path): void {
  Object.setPrototypeOf(value, prototype);
  Object.freeze(value);
  places.set(value, path);
}

/** Calls `visit` for each object in a value that the codec made: a tree, so nothing is met twice. */
function walk(value: unknown, path: Path, visit: (value: object, path: Path) => void): void {
  if (typeof value !== "object" || value === null) return;
  visit(value, path);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Date) return;
  if (Array.isArray(value)) return value.forEach((item, index) => walk(item, keyStep(path, index), visit));
  if (value instanceof Map) {
    let index = 0;
    for (const [key, item] of value) {
      walk(key, itemStep(path, index++), visit);
      walk(item, entryStep(path, key), visit);
    }
    return;
  }
  if (value instanceof Set) return [...value].forEach((item, index) => walk(item, itemStep(path, index), visit));
  for (const key of Object.keys(value)) walk((value as Record<string, unknown>)[key], keyStep(path, key), visit);
}

/** Tells later whether the bytes of a value's typed arrays have changed. */
export interface MutationGuard {
  /** The path of the first array that did; undefined where none did. */
  changed(): string | undefined;
}

/**
 * Remembers the bytes of a value's typed arrays by their hash, since they cannot be frozen.
 * @param label what the path starts with; without one it is the path inside the value, such as `.weights`
 */
export function mutationGuard(value: unknown, label = ""): MutationGuard {
  const arrays: { path: Path; array: AnyTypedArray | ArrayBuffer; digest: string }[] = [];
  walk(value, { name: label }, (each, path) => {
    if (arrayKind(each) || Buffer.isBuffer(each) || each instanceof ArrayBuffer) {
      const array = each as AnyTypedArray | ArrayBuffer;
      arrays.push({ path, array, digest: digestOf(bytesOf(array)) });
    }
  });
  return {
    changed: () => {
      const found = arrays.find(({ array, digest }) => digestOf(bytesOf(array)) !== digest);
      return found && pathText(found.path);
    },
  };
}
