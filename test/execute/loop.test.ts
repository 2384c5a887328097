/** The runner's loop hears signals while it looks at much: what takes long is done in slices. By the thread's own time, since the machine may be busy. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { TestProject } from "../rig/project.ts";

const count = 3000;

/** Times, in ms of the main thread, between two turns of the runner's loop, where they were long. */
async function holds(project: TestProject): Promise<number[]> {
  const report = project.path("loop.json");
  const env = { NODE_OPTIONS: `--import=${path.resolve(import.meta.dirname, "../rig/loop.mjs")}`, LOOP_REPORT: report };
  expect((await project.command(["run"], { env })).code).toBe(0);
  return (JSON.parse(readFileSync(report, "utf8")) as { cpu: number }[]).map(({ cpu }) => cpu);
}

const longestHold = async (project: TestProject) => Math.max(0, ...(await holds(project)));

test.runIf(process.platform === "linux")("a first run: when the command is loaded, no part of its beginning is so long that tsx would kill it at a signal", async () => {
  const project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n", "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a;\n', "steps/30_c.ts": "export const c = 1;\n" });
  onTestFinished(() => project.dispose());
  // tsx waits 60 ms. Two parts cannot be cut: SQLite's library, and ICU's data, which is asked for once in a project.
  const [loading, ...others] = await holds(project);
  console.log(`loop held, ms of the thread: loading ${loading?.toFixed(0)}, then ${others.map((each) => each.toFixed(0)).join(", ")}`);
  expect(Math.max(0, ...others)).toBeLessThan(60);
});

test.runIf(process.platform === "linux")("a package of thousands of files and a step that looks at thousands of paths", async () => {
  const project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
  onTestFinished(() => project.dispose());
  const starting = await longestHold(project);

  project.write("node_modules/many/package.json", '{ "name": "many", "version": "1.0.0", "main": "f0/m0.js" }');
  const files = Array.from({ length: count }, (_, i) => `node_modules/many/f${i % 50}/m${i}.js`);
  for (const [i, file] of files.entries()) project.write(file, `module.exports = ${i};${"// filler\n".repeat(1000)}`);
  project.write("steps/20_b.ts", `import { existsSync } from "node:fs";\nimport many from "many";\nfor (let i = 0; i < ${count}; i++) existsSync(\`data/\${i}\`);\nexport const b = many;\n`);
  const used = process.cpuUsage();
  for (const file of files) createHash("sha256").update(readFileSync(project.path(file))).digest();
  const { user, system } = process.cpuUsage(used);
  const inOneGo = (user + system) / 1000;

  const [first, again] = [await longestHold(project), await longestHold(project)];
  console.log(`loop held, ms of the thread: starting ${starting.toFixed(0)}, with the package ${first.toFixed(0)}, again ${again.toFixed(0)}; reading it in one go takes ${inOneGo.toFixed(0)}`);
  expect(first).toBeLessThan(starting + inOneGo / 2 + 20);
});
