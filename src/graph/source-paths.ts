import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { OnResolveArgs, OnResolveResult, PluginBuild } from "esbuild";
import { askEsbuild, isAsked } from "./ask-esbuild.ts";
import { leadsTo, type PackageFile, PackagePaths } from "./package-paths.ts";

/** What is tried for a path without one, in the order of tsx. */
export const extensions = [".ts", ".tsx", ".jsx", ".js", ".json"];

/**
 * Finds what is imported where Node and tsx find it.
 * @param note is told of a package's file that the bundle would not find by its name, and what the bundle imports instead
 * @returns where an import leads; undefined: to where esbuild finds it
 */
export function importPaths(
  project: string,
  note?: (found: PackageFile, leads: OnResolveResult, args: OnResolveArgs) => void,
): (args: OnResolveArgs, builder: PluginBuild) => Promise<OnResolveResult | undefined> {
  const packages = new PackagePaths(project);
  const sourcePath = sourcePaths();
  return async (args, builder) => {
    if (isAsked(args)) return undefined;
    const found = await packages.find(args, builder);
    if (!found) return sourcePath(args, builder);
    const leads = leadsTo(found, args.kind);
    note?.(found, leads, args);
    return leads;
  };
}

/**
 * Finds source files as tsx does, where esbuild would not:
 * - the TypeScript, where its importer names the JavaScript that it becomes, also if that lies beside it;
 * - modules that are imported for their effects alone, whatever a package.json says: `"sideEffects": false` tells bundlers to leave them
 *   out, and Node does not know the word.
 */
function sourcePaths(): (args: OnResolveArgs, builder: PluginBuild) => Promise<OnResolveResult | undefined> {
  const said = new Map<string, boolean>();
  const says = (folder: string): boolean => said.get(folder) ?? said.set(folder, saysOfEffects(folder, says)).get(folder)!;
  return async (args, builder) => {
    const { path: specifier, importer, resolveDir } = args;
    const meant = typeScriptOf(specifier, resolveDir, importer);
    if (meant === undefined && ![resolveDir, path.dirname(path.resolve(resolveDir, specifier))].some(says)) return undefined;
    const { path: found, external, errors } = await askEsbuild(builder, args, meant ?? specifier);
    return external || errors.length > 0 ? undefined : { path: found, sideEffects: true };
  };
}

/** The file of TypeScript beside, or in place of, the one of JavaScript that a path names. */
function typeScriptOf(specifier: string, resolveDir: string, importer: string): string | undefined {
  const [, stem, kind, x] = /^(\.\.?\/.*)\.([cm]?)js(x?)$/.exec(specifier) ?? [];
  if (stem === undefined || !/\.[cm]?tsx?$/.test(importer)) return undefined;
  const candidates = kind ? [`.${kind}ts`] : x ? [".tsx", ".ts"] : [".ts", ".tsx"];
  return candidates
    .map((extension) => stem + extension)
    .find((file) => statSync(path.resolve(resolveDir, file), { throwIfNoEntry: false })?.isFile());
}

/** Whether the package.json that a folder belongs to mentions side effects. */
function saysOfEffects(folder: string, above: (folder: string) => boolean): boolean {
  try {
    return readFileSync(path.join(folder, "package.json"), "utf8").includes('"sideEffects"');
  } catch {
    return path.dirname(folder) !== folder && above(path.dirname(folder));
  }
}
