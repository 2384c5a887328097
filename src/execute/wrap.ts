export type Callable = (...args: unknown[]) => unknown;
export type Patchable = Record<string, unknown>;

/** Runs `before` ahead of the function; gives `after` what it returned. */
export function wrap(
  target: Patchable,
  name: string,
  before: (args: unknown[]) => void,
  after: (result: unknown, args: unknown[]) => unknown = (result) => result,
): void {
  const original = target[name] as Callable | undefined;
  if (typeof original !== "function") return;
  const wrapped = function (this: unknown, ...args: unknown[]) {
    before(args);
    return after(Reflect.apply(original, this, args), args);
  };
  for (const key of Reflect.ownKeys(original))
    if (!everyFunctions.has(key)) Object.defineProperty(wrapped, key, Object.getOwnPropertyDescriptor(original, key)!);
  for (const key of ["name", "length"] as const) Object.defineProperty(wrapped, key, { value: original[key], configurable: true });
  target[name] = wrapped;
}

/** Anything else on a function stays on it: `fs.realpath.native`, `util.promisify.custom` and the like. */
const everyFunctions: ReadonlySet<PropertyKey> = new Set(["name", "length", "prototype"]);
