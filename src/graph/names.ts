/**
 * The globals by which a bundle gets what lies outside it. The graph writes calls of them into the
 * bundle, the step's process provides them (src/execute/bundle-globals.ts).
 */

/** `__stepbook_input("fetch", "dataset")`: an export of another step. */
export const inputCall = "__stepbook_input";

/** `__stepbook_api("sql")`: a function of the step API. */
export const apiCall = "__stepbook_api";

/** `__stepbook_meta("lib/x.ts")`: what `import.meta`, `__dirname` or `process.argv` says in that source file. */
export const metaCall = "__stepbook_meta";

/** `__stepbook_require()`: the `require` of the project's folder. */
export const requireCall = "__stepbook_require";

/** `__stepbook_resolve(specifier=>import.meta.resolve(specifier))`: hands over how the bundle resolves names of packages. */
export const resolveCall = "__stepbook_resolve";

/** Local variable of a source file that holds the result of `__stepbook_meta`. */
export const metaLocal = "__stepbook_here";

/** `step.export`. Both may hold dots, `a.b` and `c`, or `a` and `"b.c"`: so that no two are one, an export that does stands in quotes. */
export function inputLabel(step: string, name: string): string {
  return `${step}.${name.includes(".") ? JSON.stringify(name) : name}`;
}
