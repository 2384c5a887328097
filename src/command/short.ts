import type { Digest } from "../model.ts";

/** Enough of a digest to tell two apart by eye. */
export function short(digest: Digest | null | undefined): string {
  return digest ? digest.slice(0, 10) : "-";
}
