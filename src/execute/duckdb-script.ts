import type { Plugin } from "esbuild";

/** `@duckdb/node-api` as one script, which loads much faster than its 60 files; see `src/step/duckdb-api.ts`. */
export async function buildDuckdb(root: string): Promise<string> {
  const { build } = await import("esbuild");
  const entry = { contents: 'module.exports = require("@duckdb/node-api");', resolveDir: root };
  const { outputFiles } = await build({
    stdin: entry,
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    minifyWhitespace: true,
    legalComments: "inline",
    plugins: [bindings],
  });
  return outputFiles[0]!.text;
}

/** The native part stays where it is installed, and is found from there: it need not lie beside the API for others to find. */
const bindings: Plugin = {
  name: "bindings",
  setup: (build) => {
    build.onResolve({ filter: /^@duckdb\/node-bindings$/ }, ({ path }) => ({ path, namespace: "installed" }));
    build.onLoad({ filter: /.*/, namespace: "installed" }, () => ({
      contents:
        // Not by its name in braces: the command's build takes that, in a text too, for an import of its own.
        'const load = require("node:module").createRequire;\nmodule.exports = load(load(__filename).resolve("@duckdb/node-api"))("@duckdb/node-bindings");',
    }));
  },
};
