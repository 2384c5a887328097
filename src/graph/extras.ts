import { metaLocal, requireCall, resolveCall } from "./names.ts";

/**
 * What some bundles are given so that their code sees what it would see alone; it costs time, and most do without.
 * - `names`: functions and classes keep the names that their sources give them; each is made more slowly
 * - `require`: a `require` for what is in CommonJS
 * - `resolve`: `import.meta.resolve`
 */
export type Extra = "names" | "require" | "resolve";

/** Those that a bundle turns out to need, from how it was made without any. */
export function extrasOf({ text, map }: { readonly text: string; readonly map: string }): Extra[] {
  const wanted: Record<Extra, boolean> = {
    names: hasRenamed(text, map),
    require: text.includes("Dynamic require of "),
    resolve: mayResolve.test(text),
  };
  return (Object.keys(wanted) as Extra[]).filter((extra) => wanted[extra]);
}

/** What is put before a bundle's code; esbuild does not read it. */
export function bannerOf(extras: readonly Extra[]): string {
  return (
    (extras.includes("require") ? `const require=${requireCall}();` : "") +
    (extras.includes("resolve") ? `${resolveCall}(specifier=>import.meta.resolve(specifier));` : "")
  );
}

/** `import.meta` used as a whole, or for more than where the module lies. */
const mayResolve = new RegExp(`\\b${metaLocal}\\d*\\b(?!=|\\.(?:url|dirname|filename|main|entry|argv|find)\\b)`);

/** Functions and classes by the names that they are declared with or set to, in code without layout. */
const named =
  /\b(?:function\b\s*\*?|class\b)\s*([\p{ID_Continue}$]+)|(?<![\p{ID_Continue}$])([\p{ID_Continue}$]+)=(?:async\b|function\b|class\b|\(|[\p{ID_Continue}$]+=>)/gu;

/** A class that names itself, as esbuild writes it: `A=class _A{static of(){return new _A}}`. */
const namesItself = /(?<![\p{ID_Continue}$])([\p{ID_Continue}$]+)=class _\1(?![\p{ID_Continue}$])/u;

/** Whether esbuild renamed a function or class to avoid a clash, by a number behind its name; code can see `.name`. */
function hasRenamed(text: string, map: string): boolean {
  if (namesItself.test(text)) return true;
  if (map.includes('"names": []')) return false;
  const originals = new Set((JSON.parse(map) as { names: string[] }).names);
  for (const [, declared, set] of text.matchAll(named)) {
    let name = (declared ?? set)!;
    while (/\d$/.test(name)) if (originals.has((name = name.slice(0, -1)))) return true;
  }
  return false;
}
