import path from "node:path";
import { isInstalled } from "../graph/package-paths.ts";
import type { Step } from "../model.ts";
import type { PackageHasher } from "../plan/packages.ts";

/**
 * Files and folders of the packages of a workspace, which are links in `node_modules`: they are worked on, as installed ones are not.
 */
export async function linkedPackages(steps: readonly Step[], packages: PackageHasher): Promise<{ files: string[]; folders: string[] }> {
  const linked = new Set<string>();
  for (const step of steps) for (const folder of await reachedBy(step, packages)) if (!isInstalled(folder)) linked.add(folder);
  const files: string[] = [];
  for (const folder of linked) for (const [file] of await packages.files(folder)) files.push(path.join(folder, file));
  return { files, folders: [...new Set(files.map((file) => path.dirname(file)))] };
}

async function reachedBy({ id, packages: names }: Step, packages: PackageHasher): Promise<string[]> {
  try {
    await packages.closure(id, names);
    return packages.folders(id, names);
  } catch {
    // One is not installed, which the run says.
    return [];
  }
}
