import path from "node:path";
import { readdirSync, statSync } from "./quiet-fs.ts";

/** Names of the folders in a folder; none where it cannot be read. @param links whether links that lead to folders count */
export function foldersIn(folder: string, links: boolean): string[] {
  const leads = (name: string) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.isDirectory() === true;
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || (links && entry.isSymbolicLink() && leads(entry.name)))
      .map((entry) => entry.name);
  } catch {
    return []; // Whoever reads it is told what is wrong with it.
  }
}
