import { distance } from "fastest-levenshtein";

/** "did you mean …?" with the nearest of the known words, or the list of them. */
export function nearest(word: string, known: readonly string[]): string {
  const best = known.map((name) => ({ name, away: distance(word.toLowerCase(), name.toLowerCase()) })).sort((a, b) => a.away - b.away)[0];
  if (best && best.away <= Math.max(2, Math.floor(word.length / 3))) return `did you mean "${best.name}"?`;
  if (known.length === 0) return "there are none";
  const shown = known.slice(0, 12).join(", ");
  return `known: ${shown}${known.length > 12 ? ", …" : ""}`;
}
