import { readdirSync } from "node:fs";
import path from "node:path";
import type { Written } from "../model.ts";

/** Whether code has a word by which folders are removed or put out of the way, be it in a branch that was not taken. */
export function mayEmpty(code: string): boolean {
  return /\b(?:rm|rmdir|rename|remove|emptyDir|rimraf)(?:Sync)?\b/.test(code);
}

/** Files below a folder, as seen from it, without those of which the absolute path is given. None where there is no such folder. */
export function besideIn(folder: string, without: ReadonlySet<string>): string[] {
  return filesBelow(folder, "").filter((file) => !without.has(path.join(folder, file)));
}

function filesBelow(folder: string, prefix: string): string[] {
  try {
    const entries = readdirSync(path.join(folder, prefix), { withFileTypes: true });
    return entries.flatMap((entry) => {
      const name = path.join(prefix, entry.name);
      return entry.isDirectory() ? filesBelow(folder, name) : [name];
    });
  } catch {
    return [];
  }
}

type Outputs = { readonly written: readonly Written[] };

/**
 * A step that empties a folder before it writes there leaves no part of an earlier result: where one lies there now, as after another param
 * or a failure, the kept result does not stand for what the step would leave. A file of another step is none.
 * @param last what the step left when it ran last
 * @param others what other steps left when they ran last
 * @param absolute where a path of the project lies
 * @returns the path of such a file
 */
export function strayIn(
  kept: Outputs,
  last: Outputs,
  others: () => readonly Outputs[],
  absolute: (name: string) => string,
): string | undefined {
  for (const { path: folder, beside } of kept.written) {
    // Who only clears the folder for others leaves nothing there.
    if (!beside || ![kept, last].some((each) => writesBelow(each, folder))) continue;
    const known = [kept, ...others()].flatMap(({ written }) => written.map((output) => absolute(output.path)));
    const place = absolute(folder);
    const [stray] = besideIn(place, new Set([...known, ...beside.map((file) => path.join(place, file))]));
    if (stray !== undefined) return path.posix.join(folder, stray);
  }
  return undefined;
}

function writesBelow({ written }: Outputs, folder: string): boolean {
  // What lay there beside at its end came by what the engine cannot see through.
  return written.some(({ path, beside = [] }) => path.startsWith(`${folder}/`) || (path === folder && beside.length > 0));
}
