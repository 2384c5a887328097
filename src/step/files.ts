import { readdirSync, statSync } from "./quiet-fs.ts";
import path from "node:path";
import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { projectPath } from "../project-path.ts";
import type { Host } from "./host.ts";

/**
 * The absolute path of a file that a step names.
 * @throws E_FILE where there is none, with what there is; for an address; for a pattern
 */
export function existingFile(host: Host, file: string, caller: string): string {
  if (typeof file !== "string" || file === "") fail("E_FILE", `${caller}: a path is missing`, { remedy: `write ${caller}("data/…")` });
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(file)) {
    fail("E_FILE", `${caller}: ${file} is an address, and only files are read`, {
      remedy: "fetch it in a step of its own, write it under data/, and read that",
    });
  }
  const absolute = path.resolve(host.project, file);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat?.isFile()) return absolute;
  if (stat) return fail("E_FILE", `${caller}: ${file} is a folder`, { remedy: `name a file in it: ${listing(absolute)}` });
  if (/[*?[]/.test(file))
    fail("E_FILE", `${caller}: ${file} is a pattern, and one file is read`, { remedy: `several are read by sql\`FROM '${file}'\`` });
  // A step that goes on without the file depends on its absence.
  host.note({ kind: "exists", name: projectPath(host.project, absolute) });
  return fail("E_FILE", `${caller}: ${file} is not there`, {
    remedy: `in ${path.relative(host.project, path.dirname(absolute)) || "the project"}: ${hint(absolute)}`,
  });
}

function hint(absolute: string): string {
  const names = entries(path.dirname(absolute));
  return names ? nearest(path.basename(absolute), names) : "the folder is missing too";
}

function listing(folder: string): string {
  return (entries(folder) ?? []).slice(0, 8).join(", ") || "it is empty";
}

function entries(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}
