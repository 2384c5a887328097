import type { OnResolveArgs, PluginBuild, ResolveResult } from "esbuild";

const asked = "asked";

/** Where esbuild by itself sends a path. */
export function askEsbuild(builder: PluginBuild, { importer, resolveDir, kind }: OnResolveArgs, specifier: string): Promise<ResolveResult> {
  return builder.resolve(specifier, { importer, resolveDir, kind, pluginData: asked });
}

/** Whether that is what a plugin is asked on the way: it has no answer of its own then. */
export function isAsked({ pluginData }: OnResolveArgs): boolean {
  return pluginData === asked;
}
