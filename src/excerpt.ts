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
  if (line === undefined) return undefined;
  try {
    const real = realpathSync(path.resolve(project, file));
    if (!real.startsWith(realpathSync(project) + path.sep) || statSync(real).size > largestSource) return undefined;
    const text = readFileSync(real);
    if (digest !== undefined && digestOf(text) !== digest) return undefined;
    const first = Math.max(1, line - around);
    const lines = text.toString().split(/\r?\n/).slice(first - 1, line + around);
    return line < first + lines.length ? { first, lines: lines.map((each) => each.slice(0, longestLine)) } : undefined;
  } catch {
    return undefined; // it is gone since
  }
}
