/** A step is a plain module: random modules that import each other in random ways say the same alone, by tsx, and in the runner. */
import { spawn } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { finished, TestProject } from "../rig/project.ts";
import { asInstalled } from "../rig/pty.ts";
import { modules, type Modules, renderModules } from "./modules.ts";
import { part, seed, trials } from "./trials.ts";

test("alone and in the runner it says the same", { timeout: 6 * 3600_000 }, async () => {
  await trials("modules", async (nth) => fc.assert(fc.asyncProperty(modules, assertSame), { numRuns: 1, seed: seed + part * 1_000_000 + nth }));
});

async function assertSame(all: Modules): Promise<void> {
  const project = new TestProject({ ...renderModules(all), "alone.ts": 'import { a } from "./steps/10_a.ts";\nconsole.log(JSON.stringify(a));\n' });
  asInstalled(project);
  try {
    const alone = await finished(spawn(process.execPath, ["--import", "tsx", "alone.ts"], { cwd: project.folder, stdio: ["ignore", "pipe", "pipe"] }));
    // In a circle a name may be used before it is set: for Node that is an error, whichever way it is used.
    if (alone.code !== 0) return void expect(alone.stderr).toContain("before initialization");
    const run = await project.run();
    expect(run.code, `${run.stderr}${JSON.stringify(run.events)}`).toBe(0);
    expect(await project.value("10_a.a")).toEqual(JSON.parse(alone.stdout));
  } finally {
    project.dispose();
  }
}
