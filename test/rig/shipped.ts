import { cpSync, symlinkSync } from "node:fs";
import path from "node:path";
import { root } from "./build.ts";
import { TestProject } from "./project.ts";

/** The pipeline that ships, in a folder of its own. `stepbook` is found by the paths of tsconfig.json, as in the repository itself. */
export function shippedPipeline(folder?: string): TestProject {
  const project = new TestProject({}, folder);
  for (const name of ["steps", "lib", "data/dataset.csv", "experiments.sql", "runner.ts", "tsconfig.json", "package.json"])
    cpSync(path.join(root, name), project.path(name), { recursive: true });
  for (const name of ["src", "node_modules"]) symlinkSync(path.join(root, name), project.path(name));
  return project;
}
