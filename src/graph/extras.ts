import type { RawBundle } from "./bundle.ts";

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
export function extrasOf({ text, map }: RawBundle): Extras {
  return { names: hasRenamed(text, map), require: text.includes("Dynamic require of ") };
}

/** Whether a function or a class may be called otherwise than in its source, since another has the same name: code can see it. */
function hasRenamed(text: string, map: string): boolean {
  if (map.includes('"names": []')) return false;
  const { names } = JSON.parse(map) as { names: string[] };
  return names.map((name) => name.replaceAll("$", "\\$")).some((name) => new RegExp(`\\b(?:function\\s*\\*?|class)\\s*${name}\\d|(?<![\\w$])${name}\\d+=(?:async\\b|function\\b|class\\b|\\(|[\\w$]+=>)`).test(text));
}
