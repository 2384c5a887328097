import { existsSync, mkdirSync, realpathSync } from "node:fs";
import path from "node:path";
import { build, type BuildFailure } from "esbuild";
import { fail } from "../errors.ts";
import { bundleFolder } from "../execute/bundles.ts";
import { findRuntime } from "../execute/runtime.ts";
import { conditions } from "../graph/conditions.ts";
import { apiCall } from "../graph/names.ts";
import { extensions, importPaths } from "../graph/source-paths.ts";

export interface Asked {
  readonly name: string;
  readonly version: number;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The code that asks a model: the module's `predict` on the parts of the file and the row. @throws E_IMPORT, E_MISSING_EXPORT */
export async function predictBundle(project: string, module: string, { name, version, row }: Asked): Promise<string> {
  refuseOutside(project, module);
  mkdirSync(bundleFolder(project), { recursive: true });
  const { api } = await findRuntime();
  const contents = `import { predict } from ${JSON.stringify(`./${module}`)};
const { parts } = await ${apiCall}("loadModel")(${JSON.stringify(name)}, ${version});
export const answer = await predict(parts, ${JSON.stringify(row)});`;
  const importPath = importPaths(project);
  try {
    const { outputFiles } = await build({
      absWorkingDir: project,
      stdin: { contents, resolveDir: project, sourcefile: "predict.ts", loader: "ts" },
      bundle: true, write: false, format: "esm", platform: "node", target: "node20", packages: "external", conditions: conditions(), resolveExtensions: extensions, charset: "utf8", logLevel: "silent", sourcemap: "inline", sourcesContent: false,
      plugins: [{
        name: "stepbook-api",
        setup(builder) {
          builder.onResolve({ filter: /^stepbook$/ }, () => ({ path: "stepbook", namespace: "stepbook-api" }));
          builder.onResolve({ filter: /.*/ }, (args) => importPath(args, builder));
          builder.onLoad({ filter: /.*/, namespace: "stepbook-api" }, () => ({ contents: api.map((each) => `export const ${each} = /* @__PURE__ */ ${apiCall}("${each}");`).join("\n") }));
        },
      }],
    });
    return outputFiles[0]!.text;
  } catch (error) {
    const [first] = (error as BuildFailure).errors ?? [];
    if (!first) throw error;
    if (first.text.startsWith("No matching export")) return fail("E_MISSING_EXPORT", `${module} has no export "predict"`, { place: { file: module }, remedy: "export function predict(parts, row)" });
    return fail("E_IMPORT", first.text, { place: { file: first.location?.file ?? module, ...(first.location ? { line: first.location.line } : {}) }, remedy: "mend the code at that place" });
  }
}

/** A card is data: it may name a module of the project and nothing else. */
function refuseOutside(project: string, module: string): void {
  const file = path.resolve(project, module);
  const there = existsSync(file) && realpathSync(file).startsWith(realpathSync(project) + path.sep);
  if (!there) fail("E_IMPORT", `the module to predict with is not in the project: ${module}`, { remedy: 'name it from the project\'s folder, such as predict: "lib/predict.ts"' });
}
