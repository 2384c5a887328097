import { readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import type { Digest, Excerpt, Place } from "./model.ts";
import { digestOf } from "./store/digest.ts";

const around = 3;
/** Larger files are not opened to show some lines of them. */
const largestSource = 8_000_000;
const longestLine = 1000;

/**
 * The lines around a place as they are now; of files inside the project only, also behind links.
 * @param digest of the file's text; where it is another one by now there are no lines
 */
export function excerptAt(project: string, { file, line }: Place, digest?: Digest): Excerpt | undefined {
  const real = realInside(project, file);
  const all = line !== undefined && real !== undefined ? sourceLines(real, digest) : undefined;
  if (line === undefined || all === undefined) return undefined;
  const first = Math.max(1, line - around);
  const lines = all.slice(first - 1, line + around);
  return line < first + lines.length ? { first, lines: lines.map((each) => each.slice(0, longestLine)) } : undefined;
}

/** Where a file of the project really lies; undefined: outside of it, or nowhere. */
function realInside(project: string, file: string): string | undefined {
  try {
    const real = realpathSync(path.resolve(project, file));
    return real.startsWith(realpathSync(project) + path.sep) ? real : undefined;
  } catch {
    return undefined; // it is gone since
  }
}

/** All lines of a source file; undefined where they cannot be had, or its text has another digest than the given one. */
export function sourceLines(file: string, digest?: Digest): string[] | undefined {
  try {
    if (statSync(file).size > largestSource) return undefined;
    const text = readFileSync(file);
    return digest === undefined || digestOf(text) === digest ? text.toString().split(/\r?\n/) : undefined;
  } catch {
    return undefined; // it is gone, or was never a file of the project
  }
}
