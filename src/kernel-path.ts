import fs from "node:fs";
import path from "node:path";

// As it is before it is wrapped for a step.
const { realpathSync } = fs;

/**
 * The whole path of a name as the system takes it: `link/..` is the folder above the one that the link leads to, and not the one in which
 * the link lies.
 * @param through is told each link on the way to a `..`: where it leads decides
 */
export function kernelPath(folder: string, name: string, through: (link: string) => void): string {
  if (!/[^/.][^/]*\/+\.\.(?:\/|$)/.test(name)) return path.resolve(folder, name);
  let at = path.isAbsolute(name) ? path.sep : folder;
  for (const part of name.split("/")) {
    if (part !== "..") {
      at = path.join(at, part);
      continue;
    }
    const real = realOf(at);
    if (real !== at) through(at);
    at = path.dirname(real);
  }
  return at;
}

/** Where a path really lies, or the path itself. */
export function realOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file; // It is not there: whoever asks for it is told so.
  }
}
