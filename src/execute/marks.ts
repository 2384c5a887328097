import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

/*
 * What a step may leave behind in its process for the next one to find. Nothing is put back: a process that is not as it was ends,
 * and the next step gets another.
 */

type Things = readonly (readonly [object, PropertyKey, unknown])[];

const { cache } = createRequire(path.join(process.cwd(), "x.js"));
const { cwd } = process;
const maskOfFiles = process.umask.bind(process) as () => number;
// The variables themselves: reading them here tells no observer.
const environment = process.env;

/** The process as it is before its first step. */
export interface Baseline {
  readonly things: Things;
  readonly keys: ReadonlyMap<object, number>;
  readonly modules: number;
  readonly listeners: string;
  readonly environment: string;
  readonly place: string;
}

export function baseline(): Baseline {
  // Node itself makes these at their first use.
  void [TextDecoder, fs.Dir];
  const things: [object, PropertyKey, unknown][] = [];
  const keys = new Map<object, number>();
  for (const owner of owners()) {
    const own = Reflect.ownKeys(owner);
    keys.set(owner, own.length);
    for (const key of own) things.push([owner, key, held(owner, key)]);
  }
  return {
    things,
    keys,
    modules: Object.keys(cache).length,
    listeners: listeners(),
    environment: JSON.stringify(environment),
    place: place(),
  };
}

/** Whether the process still is as it was. */
export function unmarked(before: Baseline): boolean {
  for (const [owner, count] of before.keys) if (Reflect.ownKeys(owner).length !== count) return false;
  for (const [owner, key, value] of before.things) if (!Object.is(held(owner, key), value)) return false;
  return (
    Object.keys(cache).length === before.modules &&
    listeners() === before.listeners &&
    JSON.stringify(environment) === before.environment &&
    place() === before.place &&
    process.exitCode === undefined
  );
}

/** Objects that all code of a process shares: the globals, their prototypes, what Node adds. */
function owners(): Set<object> {
  const all = new Set<object>([globalThis, process, fs, fs.promises, os, path]);
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const { value } = Object.getOwnPropertyDescriptor(globalThis, name) as { value?: unknown };
    if (!isObject(value) || value === globalThis) continue;
    all.add(value);
    const { prototype } = value as { prototype?: unknown };
    if (isObject(prototype)) all.add(prototype);
  }
  for (const example of [[].keys(), new Map().keys(), new Set().keys(), "".matchAll(/x/g), generator, asyncGenerator, new Uint8Array()]) {
    for (let each: unknown = Object.getPrototypeOf(example); isObject(each); each = Object.getPrototypeOf(each)) all.add(each);
  }
  return all;
}

const generator = (function* () {})();
const asyncGenerator = (async function* () {})();

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

// Not compared, of the process: `exit` is replaced for each step; the others are compared separately or change by themselves.
const moving: ReadonlySet<PropertyKey> = new Set(["exit", "exitCode", "env", "_events", "_eventsCount", "stdout", "stderr", "stdin"]);

/** What the property holds: its value, or its getter. */
function held(owner: object, key: PropertyKey): unknown {
  if (owner === process && moving.has(key)) return undefined;
  // Not compared: what a RegExp matched last, and what the engine itself keeps on the global object.
  if (owner === RegExp || (owner === globalThis && typeof key === "symbol" && key.description?.startsWith("stepbook."))) return undefined;
  const found = Object.getOwnPropertyDescriptor(owner, key);
  return found && ("value" in found ? found.value : found.get);
}

function listeners(): string {
  return process
    .eventNames()
    .map((name) => `${String(name)} ${process.listenerCount(name)}`)
    .sort()
    .join();
}

function place(): string {
  return `${cwd.call(process)} ${maskOfFiles()}`;
}
