import { types as is } from "node:util";

/** Where two values first differ, and what is there. */
export interface Found {
  readonly path: string;
  readonly then: unknown;
  readonly now: unknown;
}

/** The first difference of two stored values, in the order of the first one; undefined where they are equal. */
export function firstDifference(then: unknown, now: unknown, path: string): Found | undefined {
  if (Object.is(then, now)) return undefined;
  if (typeof then !== "object" || typeof now !== "object" || then === null || now === null || kindOf(then) !== kindOf(now))
    return { path, then, now };
  if (then instanceof Date) return firstDifference(then.getTime(), (now as Date).getTime(), path) && { path, then, now };
  if (then instanceof Set) return firstInLists([...then], [...(now as Set<unknown>)], path);
  if (Array.isArray(then) || ArrayBuffer.isView(then)) return firstInLists(then as ArrayLike<unknown>, now as ArrayLike<unknown>, path);
  return firstInEntries(entries(then), entries(now), path, then instanceof Map);
}

function kindOf(value: object): string {
  if (value instanceof Map) return "map";
  if (value instanceof Set) return "set";
  if (value instanceof Date) return "date";
  if (Array.isArray(value)) return "array";
  return is.isTypedArray(value) ? value[Symbol.toStringTag] : "object";
}

function firstInLists(then: ArrayLike<unknown>, now: ArrayLike<unknown>, path: string): Found | undefined {
  for (let index = 0; index < Math.min(then.length, now.length); index++) {
    const found = firstDifference(then[index], now[index], `${path}[${index}]`);
    if (found) return found;
  }
  return then.length === now.length ? undefined : { path: `${path}.length`, then: then.length, now: now.length };
}

function entries(value: object): [unknown, unknown][] {
  return value instanceof Map ? [...value] : Object.entries(value);
}

function firstInEntries(
  then: readonly [unknown, unknown][],
  now: readonly [unknown, unknown][],
  path: string,
  isMap: boolean,
): Found | undefined {
  for (let index = 0; index < Math.min(then.length, now.length); index++) {
    const [[key, old], [name, fresh]] = [then[index]!, now[index]!];
    const keys = firstDifference(key, name, `${path}: key ${index + 1}`);
    if (keys) return keys;
    const found = firstDifference(old, fresh, isMap ? `${path}.get(${String(key)})` : step(path, String(key)));
    if (found) return found;
  }
  return then.length === now.length ? undefined : { path: `${path}: number of keys`, then: then.length, now: now.length };
}

function step(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
