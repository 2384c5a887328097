import type { OnResolveArgs, PluginBuild, ResolveResult } from "esbuild";

const asked = "asked";

/** Where esbuild itself sends a path. */
export function askEsbuild(builder: PluginBuild, { importer, resolveDir, kind }: OnResolveArgs, specifier: string): Promise<ResolveResult> {
  return builder.resolve(specifier, { importer, resolveDir, kind, pluginData: asked });
}

/** Whether a plugin is asked on behalf of {@link askEsbuild}: it then has no answer of its own. */
export function isAsked({ pluginData }: OnResolveArgs): boolean {
  return pluginData === asked;
}
