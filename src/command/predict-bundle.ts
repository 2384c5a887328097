import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fail, StepbookError } from "../errors.ts";
import { bundleFolder, withMap } from "../execute/bundles.ts";
import { findRuntime } from "../execute/runtime.ts";
import { bundleSteps } from "../graph/bundle.ts";
import { Sources } from "../graph/sources.ts";

export interface Asked {
  readonly name: string;
  readonly version: number;
  readonly row: Readonly<Record<string, unknown>>;
}

/** The code that asks a model: the module's `predict` on the parts of the file and the row. @throws E_IMPORT, E_MISSING_EXPORT and what else a step's code may be refused for */
export async function predictBundle(project: string, module: string, { name, version, row }: Asked): Promise<string> {
  refuseOutside(project, module);
  mkdirSync(bundleFolder(project), { recursive: true });
  const root = realpathSync(project);
  const question = path.join(realpathSync(bundleFolder(project)), `predict.${randomUUID()}.ts`);
  const file = path.relative(root, question).replaceAll("\\", "/");
  try {
    writeFileSync(
      question,
      `import { loadModel } from "stepbook";
import { predict } from ${JSON.stringify(path.join(root, module))};
const { parts } = await loadModel(${JSON.stringify(name)}, ${version});
export const answer = await predict(parts, ${JSON.stringify(row)});
`,
    );
    const { api } = await findRuntime();
    const step = { id: "1_predict", number: 1, name: "predict", file };
    const bundles = await bundleSteps(
      { project, files: [], byName: new Map(), apiNames: api, sources: new Sources(project) },
      [step],
      new Map(),
    );
    return withMap(bundles.get(step.id)!);
  } catch (error) {
    const missing = error instanceof StepbookError && error.failure.code === "E_MISSING_EXPORT" && error.failure.place?.file === file;
    if (!missing) throw error;
    return fail("E_MISSING_EXPORT", `${module} has no export "predict"`, {
      place: { file: module },
      remedy: "export function predict(parts, row)",
    });
  } finally {
    rmSync(question, { force: true });
  }
}

/** A card is data: it may name a module of the project and nothing else. */
function refuseOutside(project: string, module: string): void {
  const file = path.resolve(project, module);
  const there = existsSync(file) && realpathSync(file).startsWith(realpathSync(project) + path.sep);
  if (!there)
    fail("E_IMPORT", `the module to predict with is not in the project: ${module}`, {
      remedy: 'name it from the project\'s folder, such as predict: "lib/predict.ts"',
    });
}
