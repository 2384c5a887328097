import { readFileSync } from "node:fs";
import path from "node:path";
import type { OnResolveArgs, OnResolveResult, PluginBuild } from "esbuild";
import { asked } from "./package-paths.ts";

/**
 * Keeps modules that are imported for their effects alone. `"sideEffects": false` in a package.json tells bundlers to leave them out; Node,
 * which runs the step alone, does not know the word.
 * @returns where such an import leads; undefined: to where esbuild finds it
 */
export function keepEffects(): (args: OnResolveArgs, builder: PluginBuild) => Promise<OnResolveResult | undefined> {
  const said = new Map<string, boolean>();
  const says = (folder: string): boolean => said.get(folder) ?? said.set(folder, saysOfEffects(folder, says)).get(folder)!;
  return async ({ path: specifier, importer, resolveDir, kind }, builder) => {
    if (![resolveDir, path.dirname(path.resolve(resolveDir, specifier))].some(says)) return undefined;
    const found = await builder.resolve(specifier, { importer, resolveDir, kind, pluginData: asked });
    return found.sideEffects || found.external || found.errors.length > 0 ? undefined : { path: found.path, sideEffects: true };
  };
}

/** Whether the package.json that holds for a folder speaks of it. */
function saysOfEffects(folder: string, above: (folder: string) => boolean): boolean {
  try {
    return readFileSync(path.join(folder, "package.json"), "utf8").includes('"sideEffects"');
  } catch {
    return path.dirname(folder) !== folder && above(path.dirname(folder));
  }
}
