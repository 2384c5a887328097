import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Contender, Sample } from "./comparison.ts";
import { middle, stepFile, stepFiles, stepText, type Node } from "./grid.ts";
import { run, timed, type Command } from "./shell.ts";
import type { Site } from "./site.ts";

/** The installed command, in a project. */
export function stepbook(site: Site, cwd: string, ...words: readonly string[]): Command {
  return { file: site.command, words, cwd };
}

/** The grid as a project of that name; comparisons share it. */
export function gridProject(site: Site, name: string, nodes: readonly Node[]): string {
  const made = path.join(site.folder, name);
  return existsSync(made)
    ? made
    : site.project(name, { ...stepFiles(nodes), "runner.ts": 'import { main } from "stepbook/runner";\n\nawait main();\n' });
}

/** What was written within so many ms is looked at anew by the next run: a further change of it might leave no trace. */
const young = 2000;

/** The grid with everything up to date, and no longer young. */
export function warmGrid(site: Site, name: string, nodes: readonly Node[]): string {
  const project = gridProject(site, name, nodes);
  run(stepbook(site, project, "run", "-j", "2"));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, young + 500);
  // The first notes that nothing is young any more, and the second relies on it.
  for (let i = 0; i < 2; i++) run(stepbook(site, project));
  return project;
}

export function editComment(project: string, nodes: readonly Node[]): void {
  const node = middle(nodes);
  writeFileSync(path.join(project, stepFile(node)), stepText(node, `// ${performance.now()}\n`));
}

export function forget(project: string): void {
  rmSync(path.join(project, ".stepbook"), { recursive: true, force: true });
}

/** A run from nothing. */
export function coldTurn(site: Site, project: string): Sample {
  forget(project);
  return timed(stepbook(site, project, "run", "-j", "2"));
}

/** The work that `node -e 0` is: a start of Node. */
export function nodeItself(site: Site): Contender {
  return { name: "node -e 0", role: "floor", turn: () => timed({ file: process.execPath, words: ["-e", "0"], cwd: site.folder }) };
}
