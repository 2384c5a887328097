import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { modulesAbove } from "../graph/package-names.ts";
import type { Step } from "../model.ts";
import { stateFolder } from "../record/state.ts";
import { digestOf } from "../store/digest.ts";

/** Where the code of steps lies as it ran: what is imported, and what `diff` compares. */
export function bundleFolder(project: string): string {
  return path.join(stateFolder(project), "bundles");
}

/** Named by its text: code that was run is never written over. */
export function bundleName(step: Step): string {
  return `${step.id}.${digestOf(step.code.text).slice(0, 16)}.mjs`;
}

/**
 * Puts the bundle where Node can import it, with its map for stack traces: an edited comment moves lines, which the map tells, and leaves the
 * code as it is. One file, since making a file is most of what a small step costs.
 */
export function writeBundle(project: string, step: Step): string {
  const file = path.join(bundleFolder(project), bundleName(step));
  mkdirSync(path.dirname(file), { recursive: true });
  linkPackages(project);
  put(file, withMap(step.code));
  return file;
}

const linked = new Set<string>();

/** Node looks for packages from where a bundle really lies: `.stepbook` may be a link to another disk. */
function linkPackages(project: string): void {
  if (linked.has(project)) return;
  linked.add(project);
  const state = realpathSync(stateFolder(project));
  const packages = modulesAbove(project).find((folder) => existsSync(folder));
  if (packages === undefined || state.startsWith(realpathSync(path.dirname(packages)) + path.sep)) return;
  const link = path.join(state, "node_modules");
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(link) !== packages) rmSync(link);
  if (!existsSync(link)) symlinkSync(packages, link);
}

export function withMap({ text, map }: { readonly text: string; readonly map: string }): string {
  return `${text}//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}\n`;
}

/** What lies there may be half of it: after a power cut, or by another hand. */
function put(file: string, text: string): void {
  const before = readOrNothing(file);
  if (before === text) return;
  // Nobody reads what is not there yet; a rename would wait for the disk.
  if (before === undefined) writeFileSync(file, text);
  else replaceFile(file, text);
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function replaceFile(file: string, text: string): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
