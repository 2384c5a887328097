/** Defines what {@link builtins} puts in place of `require`; for the head of a script. */
export const builtinsHead = `const __later = (name) => new Proxy({}, { get: (_, key) => require(name)[key] });
const __builtins = {}, __builtin = (name) => (__builtins[name] ??= __toESM(require(name), 1));`;

/**
 * A script as esbuild made it, with Node's modules at less cost: what a module imports whole is copied once for all modules, not for
 * each, and some are loaded only when something of them is used, which may take 10 ms.
 * @param later names of these
 */
export function builtins(script: string, later: readonly string[]): string {
  return script
    .replace(/(?<= = )require\("node:([\w/]+)"\)(?=;)/g, (call, name: string) => (later.includes(name) ? `__later("node:${name}")` : call))
    .replace(/__toESM\(require\("(node:[\w/]+)"\), 1\)/g, (_, name: string) => `__builtin("${name}")`);
}
