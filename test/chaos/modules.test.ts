/** A step is a plain module: random modules that import each other in random ways say the same alone, by tsx, and in the runner. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { alone, installedProject } from "../rig/alone.ts";
import { modules, type Modules, renderModules } from "./modules.ts";
import { part, seed, trials } from "./trials.ts";

test("alone and in the runner it says the same", { timeout: 6 * 3600_000 }, async () => {
  await trials("modules", async (nth) =>
    fc.assert(fc.asyncProperty(modules, assertSame), { numRuns: 1, seed: seed + part * 1_000_000 + nth }),
  );
});

async function assertSame(all: Modules): Promise<void> {
  const project = installedProject(renderModules(all));
  try {
    const said = await alone(project);
    // In a circle a name may be used before it is set: for Node that is an error, whichever way it is used.
    if (said.code !== 0) return void expect(said.stderr).toContain("before initialization");
    const run = await project.run();
    expect(run.code, `${run.stderr}${JSON.stringify(run.events)}`).toBe(0);
    expect(await project.value("10_a.a")).toEqual(JSON.parse(said.stdout));
  } finally {
    project.dispose();
  }
}
