import { allNames } from "../plan/reads.ts";
import type { Observer } from "./observe.ts";

/** Reading a variable is noted, and so is listing their names; what the step itself set is not. */
export function observeEnvironment(observer: Observer): void {
  const own = new Set<string>();
  /** Names that a listing is about to ask for, one after the other: `Object.keys` reads no value. */
  let listed: (string | symbol)[] = [];
  const note = (name: string | symbol) => {
    if (typeof name === "string" && !own.has(name)) observer.env(name);
  };
  process.env = new Proxy(process.env, {
    get(env, name) {
      note(name);
      return Reflect.get(env, name) as string | undefined;
    },
    has(env, name) {
      note(name);
      return Reflect.has(env, name);
    },
    ownKeys(env) {
      observer.env(allNames);
      const names = Reflect.ownKeys(env);
      listed = [...names];
      return names;
    },
    getOwnPropertyDescriptor(env, name) {
      if (listed[0] === name) listed.shift();
      else note(name);
      return Reflect.getOwnPropertyDescriptor(env, name);
    },
    set(env, name, value) {
      own.add(String(name));
      return Reflect.set(env, name, value);
    },
    deleteProperty(env, name) {
      own.add(String(name));
      return Reflect.deleteProperty(env, name);
    },
  });
}
