export type Callable = (...args: unknown[]) => unknown;
export type Patchable = Record<string, unknown>;

/** Runs `before` ahead of the function; gives `after` what it returned. */
export function wrap(target: Patchable, name: string, before: (args: unknown[]) => void, after: (result: unknown, args: unknown[]) => unknown = (result) => result): void {
  const original = target[name] as Callable | undefined;
  if (typeof original !== "function") return;
  const wrapped = function (this: unknown, ...args: unknown[]) {
    before(args);
    return after(Reflect.apply(original, this, args), args);
  };
  // `fs.realpath.native`, `util.promisify.custom` and the like hang on the function.
  Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
  target[name] = wrapped;
}
