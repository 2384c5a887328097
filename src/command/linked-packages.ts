import path from "node:path";
import type { Step } from "../model.ts";
import { pacer } from "../pace.ts";
import { listFiles } from "../plan/package-files.ts";
import type { PackageHasher } from "../plan/packages.ts";

/**
 * Files and folders of the packages of a workspace, which are links in `node_modules`: they are worked on, as installed ones are not.
 */
export async function linkedPackages(steps: readonly Step[], packages: PackageHasher): Promise<{ files: string[]; folders: string[] }> {
  const reached = new Set<string>();
  for (const { id, packages: names } of steps) {
    await packages.closure(id, names);
    for (const folder of packages.folders(id, names)) reached.add(folder);
  }
  const linked = [...reached].filter((folder) => !folder.split(path.sep).includes("node_modules"));
  const files: string[] = [];
  for (const folder of linked) for (const [file] of await listFiles(folder, "", pacer())) files.push(path.join(folder, file));
  return { files, folders: [...new Set(files.map((file) => path.dirname(file)))] };
}
