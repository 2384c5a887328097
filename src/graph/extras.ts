/** What some bundles are given so that their code sees what it would see alone; it costs time, and most do without. */
export interface Extras {
  /** Functions and classes keep the names that their sources give them: each is made more slowly. */
  readonly names: boolean;
  /** A `require` for what is in CommonJS. */
  readonly require: boolean;
}

export const none: Extras = { names: false, require: false };

export const allExtras: readonly Extras[] = [
  { names: true, require: false },
  { names: false, require: true },
  { names: true, require: true },
];

export function isSame(one: Extras, other: Extras): boolean {
  return one.names === other.names && one.require === other.require;
}

/** What a bundle that was made without any wants. */
export function extrasOf({ text, map }: { readonly text: string; readonly map: string }): Extras {
  return { names: hasRenamed(text, map), require: text.includes("Dynamic require of ") };
}

/** Functions and classes by the names that they are declared with or set to, in code without layout. */
const named = /\b(?:function\b\s*\*?|class\b)\s*([\p{ID_Continue}$]+)|(?<![\p{ID_Continue}$])([\p{ID_Continue}$]+)=(?:async\b|function\b|class\b|\(|[\p{ID_Continue}$]+=>)/gu;

/** Whether a function or a class may be called otherwise than in its source, since another has the same name: esbuild puts a number behind it, and code can see that. */
function hasRenamed(text: string, map: string): boolean {
  if (map.includes('"names": []')) return false;
  const originals = new Set((JSON.parse(map) as { names: string[] }).names);
  for (const [, declared, set] of text.matchAll(named)) {
    let name = (declared ?? set)!;
    while (/\d$/.test(name)) if (originals.has((name = name.slice(0, -1)))) return true;
  }
  return false;
}
