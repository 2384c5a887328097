import { allNames } from "../plan/reads.ts";
import type { Observer } from "./observe.ts";

/**
 * Reading a variable is noted, and so is listing their names. What the step itself set is not, and
 * neither is a package's copy of them all (`{ ...process.env }`), made for its subprocesses.
 */
export function observeEnvironment(observer: Observer): void {
  // Node's own module loader asks for these two.
  const own = new Set<string>(["WATCH_REPORT_DEPENDENCIES", "NODE_V8_COVERAGE"]);
  const copying = new CopyWatch();
  /** Names that a listing is about to ask for, one after the other: `Object.keys` reads no value. */
  let listed: (string | symbol)[] = [];
  const note = (name: string | symbol) => {
    if (typeof name === "string" && !own.has(name)) observer.env(name);
  };
  process.env = new Proxy(process.env, {
    get(env, name) {
      if (!copying.gets(name)) note(name);
      return Reflect.get(env, name) as string | undefined;
    },
    has(env, name) {
      note(name);
      return Reflect.has(env, name);
    },
    ownKeys(env) {
      const names = Reflect.ownKeys(env);
      if (calledByPackage()) {
        copying.begins(names);
        return names;
      }
      observer.env(allNames);
      listed = [...names];
      return names;
    },
    getOwnPropertyDescriptor(env, name) {
      if (listed[0] === name) listed.shift();
      else if (!copying.describes(name)) note(name);
      return Reflect.getOwnPropertyDescriptor(env, name);
    },
    set(env, name, value) {
      observer.marked();
      own.add(String(name));
      return Reflect.set(env, name, value);
    },
    deleteProperty(env, name) {
      observer.marked();
      own.add(String(name));
      return Reflect.deleteProperty(env, name);
    },
  });
}

/** Whether the code that triggered this trap lies in a package, not in the step or its helpers. */
function calledByPackage(): boolean {
  const frames = (new Error().stack ?? "").split("\n").slice(3);
  const caller = frames.find((line) => !line.includes(import.meta.filename) && /[\\/:]/.test(line));
  return caller !== undefined && /[\\/]node_modules[\\/]/.test(caller);
}

/** Tells a copy of an object from single reads: the keys are listed, then each is described and got in turn. */
class CopyWatch {
  #left = new Set<string | symbol>();
  #described: string | symbol | undefined;

  begins(keys: readonly (string | symbol)[]): void {
    this.#left = new Set(keys);
    // A copy is made in one go.
    queueMicrotask(() => this.#left.clear());
  }

  describes(name: string | symbol): boolean {
    this.#described = name;
    return this.#left.has(name);
  }

  gets(name: string | symbol): boolean {
    return this.#described === name && this.#left.delete(name);
  }
}
