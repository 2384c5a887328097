import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";
import { ask, served, type Served } from "./rig.ts";

let project: TestProject | undefined;
let server: Served | undefined;
afterEach(async () => {
  await server?.stop();
  project?.dispose();
});

test("a step that loads two aliases uses each version by its own", async () => {
  project = new TestProject({
    "steps/10_train.ts":
      'import { param, saveModel } from "stepbook";\nexport const slope = param("slope", 1);\nsaveModel("line", { slope }, {});\n',
    "elsewhere/20_compare.ts":
      'import { loadModel } from "stepbook";\nimport { slope } from "./10_train.ts";\nconst [next, now, first] = [await loadModel("line@candidate"), await loadModel("line@production"), await loadModel("line", 1)];\nexport const versions = [slope, next.version, now.version, first.version];\n',
  });
  for (const slope of [1, 2, 3]) expect((await project.run(["-p", `slope=${slope}`])).code).toBe(0);
  for (const [alias, version] of [
    ["candidate", "v3"],
    ["production", "v2"],
  ] as const)
    expect((await project.command(["models", "alias", `line@${alias}`, version])).code).toBe(0);
  project.write("steps/20_compare.ts", project.read("elsewhere/20_compare.ts"));
  for (let run = 0; run < 2; run++) expect((await project.run(["-p", "slope=3"])).code).toBe(0);
  server = await served(project);
  const used = async () => {
    const { versions } = JSON.parse((await ask(server!.port, "GET", "/api/models/line")).body) as {
      versions: { version: number; uses: { step: string; alias: string | null; runs: number }[] }[];
    };
    return versions.map(({ version, uses }) => [version, ...uses.map(({ step, alias, runs }) => [step, alias, runs])]);
  };
  const step = "20_compare";
  expect(await used()).toEqual([
    [3, [step, "candidate", 2]],
    [2, [step, "production", 2]],
    [1, [step, null, 2]],
  ]);
  // What an alias stood for when it was read counts, not what it stands for now.
  expect((await project.command(["models", "alias", "line@production", "v1"])).code).toBe(0);
  expect(await used()).toContainEqual([2, [step, "production", 2]]);
  expect((await project.run(["-p", "slope=3"])).code).toBe(0);
  expect(await used()).toContainEqual([1, [step, "production", 1], [step, null, 2]]);
  expect((await ask(server.port, "GET", "/models/line")).body).toMatch(/id="v1"[\s\S]*Where used <span class="quiet">1 step</);
});
