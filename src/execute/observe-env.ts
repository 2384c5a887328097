import { allNames, ofLaunchers } from "../plan/reads.ts";
import { asker } from "./asker.ts";
import type { Observer } from "./observer.ts";

/** Ways to go through an object that look at a descriptor only to see whether to go on with its name: then they get the value. */
const enumerations: ReadonlySet<string> = new Set(["", "keys", "entries", "values", "assign", "stringify"]);
/** Those that copy all variables; "" is a spread, and also a loop. */
const copies: ReadonlySet<string> = new Set(["", "assign"]);
/** It lists the names when it is loaded, for settings of its own output, and most packages bring it. */
const listsForItself = /[\\/]node_modules[\\/]debug[\\/]/;

/**
 * Reading a variable is noted, and so is listing their names. What the step itself set is not, and
 * neither is a package's copy of them all (`{ ...process.env }`), made for its subprocesses.
 */
export function observeEnvironment(observer: Observer): void {
  // Node's own module loader asks for these two.
  const own = new Set<string>(["WATCH_REPORT_DEPENDENCIES", "NODE_V8_COVERAGE"]);
  const note = (name: string | symbol) => {
    if (typeof name === "string" && !own.has(name)) observer.env(name);
  };
  /** A launcher's variable about to be read by `entries()` or `values()`: that read is not noted. */
  let skipped: string | symbol | undefined;
  const copy = new Copy((names) => {
    observer.env(allNames);
    names.forEach(note);
  });
  const env = process.env;
  process.env = new Proxy(inspected(env, observer), {
    get(_, name) {
      // Node copies them all for a subprocess.
      const forOthers = typeof name === "string" && ofLaunchers.test(name) && asker().inNode;
      if (!copy.takes(name) && !forOthers && name !== skipped) note(name);
      skipped = undefined;
      return Reflect.get(env, name) as string | undefined;
    },
    has(_, name) {
      note(name);
      return Reflect.has(env, name);
    },
    ownKeys() {
      copy.begin();
      const { builtin, inPackage, file } = asker();
      if (!inPackage || !(copies.has(builtin) || listsForItself.test(file))) observer.env(allNames);
      return Reflect.ownKeys(env);
    },
    getOwnPropertyDescriptor(_, name) {
      const { builtin, inPackage } = asker();
      if (!enumerations.has(builtin)) note(name);
      if (inPackage && copies.has(builtin)) copy.looksAt(name);
      else if (inPackage && (builtin === "entries" || builtin === "values") && ofLaunchers.test(String(name))) skipped = name;
      return Reflect.getOwnPropertyDescriptor(env, name);
    },
    set(_, name, value) {
      observer.marked();
      observer.sets(String(name));
      own.add(String(name));
      return Reflect.set(env, name, value);
    },
    defineProperty(_, name, descriptor) {
      observer.marked();
      own.add(String(name));
      return Reflect.defineProperty(env, name, descriptor);
    },
    deleteProperty(_, name) {
      observer.marked();
      own.add(String(name));
      return Reflect.deleteProperty(env, name);
    },
  });
}

/** What stands for the environment behind the proxy: `util.inspect`, and so `console.log`, looks there, but for what an object has to say of itself. */
function inspected(env: NodeJS.ProcessEnv, observer: Observer): NodeJS.ProcessEnv {
  const show = () => {
    observer.env(allNames);
    for (const name of Object.keys(env)) if (!ofLaunchers.test(name)) observer.env(name);
    return { ...env };
  };
  return Object.create(Object.getPrototypeOf(env) as object, {
    [Symbol.for("nodejs.util.inspect.custom")]: { value: show, configurable: true },
  }) as NodeJS.ProcessEnv;
}

/** A package's copy of all variables, in which each name is looked at and got in turn. Whatever passes over a name is a loop, which chooses. */
class Copy {
  readonly #loops: (names: readonly string[]) => void;
  #held: string[] = [];
  #pending: string | symbol | undefined;
  #isLoop = false;
  #begun = 0;

  /** @param loops is told what a loop has got so far */
  constructor(loops: (names: readonly string[]) => void) {
    this.#loops = loops;
  }

  begin(): void {
    this.#end();
    this.#isLoop = false;
    const turn = ++this.#begun;
    // A copy is made in one go.
    queueMicrotask(() => turn === this.#begun && this.#end());
  }

  looksAt(name: string | symbol): void {
    if (this.#pending !== undefined) this.#end();
    if (!this.#isLoop) this.#pending = name;
  }

  /** Whether the name is got for the copy. */
  takes(name: string | symbol): boolean {
    if (this.#pending !== name) return false;
    this.#pending = undefined;
    this.#held.push(String(name));
    return true;
  }

  /** What was looked at and not got was passed over. */
  #end(): void {
    if (this.#pending !== undefined) {
      this.#isLoop = true;
      this.#loops(this.#held);
    }
    this.#pending = undefined;
    this.#held = [];
  }
}
