import { allNames, ofLaunchers } from "../plan/reads.ts";
import { asker } from "./asker.ts";
import type { Observer } from "./observer.ts";

/** Ways to go through an object that look at a descriptor only to see whether there is a name to go on with: the value is got. */
const enumerations: ReadonlySet<string> = new Set(["", "keys", "entries", "values", "assign", "stringify"]);
/** Those of them that get the value of a name right after they looked at it; "": a spread or a loop. */
const copies: ReadonlySet<string> = new Set(["", "entries", "values", "assign"]);

/**
 * Reading a variable is noted, and so is listing their names. What the step itself set is not, and
 * neither is a package's copy of them all (`{ ...process.env }`), made for its subprocesses.
 */
export function observeEnvironment(observer: Observer): void {
  // Node's own module loader asks for these two.
  const own = new Set<string>(["WATCH_REPORT_DEPENDENCIES", "NODE_V8_COVERAGE"]);
  /** What a package's copy is about to get. */
  let copied: string | symbol | undefined;
  const note = (name: string | symbol) => {
    if (typeof name === "string" && !own.has(name)) observer.env(name);
  };
  process.env = new Proxy(process.env, {
    get(env, name) {
      // Node copies them all for a subprocess.
      const forOthers = typeof name === "string" && ofLaunchers.test(name) && asker().inNode;
      if (name !== copied && !forOthers) note(name);
      copied = undefined;
      return Reflect.get(env, name) as string | undefined;
    },
    has(env, name) {
      note(name);
      return Reflect.has(env, name);
    },
    ownKeys(env) {
      if (!asker().inPackage) observer.env(allNames);
      return Reflect.ownKeys(env);
    },
    getOwnPropertyDescriptor(env, name) {
      const { builtin, inPackage } = asker();
      if (!enumerations.has(builtin)) note(name);
      copied = inPackage && copies.has(builtin) ? name : undefined;
      // A copy is made in one go.
      if (copied !== undefined) queueMicrotask(() => (copied = undefined));
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
