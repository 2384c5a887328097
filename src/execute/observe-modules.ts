import Module from "node:module";
import path from "node:path";
import { packageName } from "../graph/package-names.ts";
import { statSync } from "../step/quiet-fs.ts";
import type { Observer } from "./observer.ts";
import { type Patchable, wrap } from "./wrap.ts";

/** Where Node looks for what CommonJS asks for, in its order. Hooks of modules have used it since Node 4, and it has no types. */
const { _resolveLookupPaths: foldersFor, _nodeModulePaths: packageFolders } = Module as unknown as {
  _resolveLookupPaths(specifier: string, from: { filename: string; paths: string[] }): string[] | null;
  _nodeModulePaths(folder: string): string[];
};

const suffixes = [".js", ".json", ".node"];

/** Wraps how CommonJS finds its modules: by `require`, by `require.resolve`, which reads none, and where an ES module imports one. */
export function observeModules(observer: Observer): void {
  // What an ES module imports, and what that hands on (`module.exports = require("./x.cjs")`), Node 20 has read already, below all that is wrapped.
  wrap((Module as unknown as { _extensions: Patchable })._extensions, ".js", ([, file]) => {
    if (typeof file === "string") observer.path("file", file);
  });
  wrap(Module as unknown as Patchable, "_resolveFilename", ([specifier, from]) => {
    const { filename } = (from ?? {}) as { filename?: string | null };
    if (typeof specifier === "string" && typeof filename === "string") noteLookups(observer, specifier, filename);
  });
}

/**
 * Notes what decides where a specifier leads: what lies there, and what would come before it. Inside packages nothing is noted:
 * what they ask for is their own, and comes with their package.json.
 * @param from the file that asks
 */
export function noteLookups(observer: Observer, specifier: string, from: string): void {
  if (Module.isBuiltin(specifier) || /[\\/]node_modules[\\/]/.test(from)) return;
  const own = path.dirname(from);
  if (/^\.{0,2}\//.test(specifier) || path.isAbsolute(specifier)) return void noteFile(observer, path.resolve(own, specifier));
  for (const folder of foldersFor(specifier, { filename: from, paths: packageFolders(own) }) ?? [])
    if (notePackage(observer, folder, specifier)) return;
}

/** @returns whether the package is there */
function notePackage(observer: Observer, folder: string, specifier: string): boolean {
  const place = path.join(folder, packageName(specifier));
  const there = kindOf(folder) === "folder";
  observer.path("exists", there ? place : folder);
  if (there) noteFile(observer, path.join(folder, specifier));
  if (kindOf(place) !== "folder") return false;
  observer.path("file", path.join(place, "package.json"));
  return true;
}

function noteFile(observer: Observer, file: string): void {
  for (const suffix of ["", ...suffixes]) {
    observer.path("exists", file + suffix);
    if (kindOf(file + suffix) === "file") return;
  }
  if (kindOf(file) !== "folder") return;
  observer.path("file", path.join(file, "package.json"));
  for (const suffix of suffixes) observer.path("exists", path.join(file, `index${suffix}`));
}

function kindOf(file: string): "file" | "folder" | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && (stats.isDirectory() ? "folder" : "file");
}
