/** Defines what {@link laterBuiltins} puts in place of `require`; for the head of a script. */
export const laterBuiltin = "const __later = (name) => new Proxy({}, { get: (_, key) => require(name)[key] });";

/** In a script that esbuild made: these modules of Node are loaded when something of them is used: some are 10 ms. */
export function laterBuiltins(script: string, names: readonly string[]): string {
  return script.replace(/(?<= = )require\("node:([\w/]+)"\)(?=;)/g, (call, name: string) => (names.includes(name) ? `__later("node:${name}")` : call));
}
