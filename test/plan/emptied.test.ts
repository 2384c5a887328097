/** A step that empties a folder before it writes there: what an earlier result left in it is not passed off as part of a kept one. */
import { afterEach, expect, test } from "vitest";
import { type RunResult, TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

const reasons = ({ steps, ran }: RunResult) => ran.map((step) => `${step}: ${steps[step]!.reason}`);

const writes =
  'fs.mkdirSync("out/deep", { recursive: true });\nfor (let i = 0; i < n; i++) fs.writeFileSync(`out/deep/${i}.csv`, `a\\n${i}\\n`);';
const ways = {
  rmSync: `fs.rmSync("out", { recursive: true, force: true });\n${writes}`,
  "promises.rm": `await fs.promises.rm("out", { recursive: true, force: true });\n${writes}`,
  "rm, by callback": `await new Promise((done) => fs.rm("out", { recursive: true, force: true }, done));\n${writes}`,
  "rmSync, where it is there": `if (fs.existsSync("out")) fs.rmSync("out", { recursive: true });\n${writes}`,
  "rmSync, where it can be listed": `try {\n  fs.readdirSync("out");\n  fs.rmSync("out", { recursive: true });\n} catch {}\n${writes}`,
  "a rename out of the way": `fs.rmSync("old", { recursive: true, force: true });\nif (fs.existsSync("out")) fs.renameSync("out", "old");\n${writes}`,
  "DuckDB's OVERWRITE":
    "await sql`COPY (SELECT i AS a, i AS part FROM range(${n}) t(i)) TO 'out' (FORMAT csv, PARTITION_BY (part), OVERWRITE)`;",
};

test.each(Object.entries(ways))("by %s", async (_, way) => {
  project = new TestProject({
    "steps/10_parts.ts": `import fs from "node:fs";\nimport { param, sql } from "stepbook";\nvoid sql;\nconst n = param("n", 1);\n${way}\n`,
    "steps/20_all.ts":
      "import { sql } from \"stepbook\";\nexport const count = (await sql`SELECT count(*)::INT AS n FROM read_csv('out/**/*.csv')`.rows())[0].n;\n",
  });
  await project.run();
  await project.run(["-p", "n=2"]);
  expect(await project.value("20_all.count")).toBe(2);
  // Back again: the kept result of one part does not stand for a folder with two.
  expect((await project.run()).ran).toContain("10_parts");
  expect(await project.value("20_all.count")).toBe(1);
  expect((await project.run()).ran).toEqual([]);
  expect((await project.run(["-p", "n=2"])).ran).toContain("10_parts");
  expect(await project.value("20_all.count")).toBe(2);
});

test("by a process that the engine cannot see through, where the step says that it is to be reused", async () => {
  project = new TestProject({
    "steps/10_parts.ts":
      'import { execFileSync } from "node:child_process";\nimport fs from "node:fs";\nimport { param } from "stepbook";\nexport const config = { cache: true };\nconst n = param("n", 1);\nfs.rmSync("out", { recursive: true, force: true });\nfs.mkdirSync("out");\nfor (let i = 0; i < n; i++) execFileSync("touch", [`out/${i}`]);\n',
    "steps/20_names.ts": 'import fs from "node:fs";\nexport const names = fs.readdirSync("out").sort();\n',
  });
  await project.run();
  expect((await project.run()).ran).toEqual([]);
  await project.run(["-p", "n=2"]);
  await project.run();
  expect(await project.value("20_names.names")).toEqual(["0"]);
});

test("what a step that failed left there, or somebody else; not what another step wrote", async () => {
  project = new TestProject({
    "steps/10_parts.ts":
      'import fs from "node:fs";\nimport { param } from "stepbook";\nconst n = param("n", 1);\nfs.rmSync("out", { recursive: true, force: true });\nfs.mkdirSync("out");\nfor (let i = 0; i < n; i++) fs.writeFileSync(`out/${i}.csv`, "");\nif (n > 2) throw new Error("too many");\n',
    "steps/20_other.ts": 'import fs from "node:fs";\nfs.writeFileSync("out/other.csv", "");\n',
    "steps/30_names.ts": 'import fs from "node:fs";\nexport const names = fs.readdirSync("out").sort();\n',
  });
  await project.run();
  for (const _ of [1, 2]) expect((await project.run()).ran).toEqual([]);
  expect((await project.run(["-p", "n=3"])).code).toBe(1);
  expect(reasons(await project.run())).toContain("10_parts: out/1.csv lies in a folder that it empties");
  expect(await project.value("30_names.names")).toEqual(["0.csv", "other.csv"]);
  project.write("out/forged.csv", "");
  expect(reasons(await project.run())).toContain("10_parts: out/forged.csv lies in a folder that it empties");
  expect(await project.value("30_names.names")).toEqual(["0.csv", "other.csv"]);
  expect((await project.run()).ran).toEqual([]);
});

test("what a step no longer writes into a folder that another one clears is told", async () => {
  project = new TestProject({
    "steps/10_clear.ts": 'import fs from "node:fs";\nfs.rmSync("out", { recursive: true, force: true });\nfs.mkdirSync("out");\n',
    "steps/20_parts.ts":
      'import fs from "node:fs";\nimport { param } from "stepbook";\nconst n = param("n", 2);\nfor (let i = 0; i < n; i++) fs.writeFileSync(`out/${i}.csv`, "");\n',
    "steps/30_other.ts": 'import fs from "node:fs";\nfs.writeFileSync("out/other.csv", "1");\n',
    "steps/40_names.ts": 'import fs from "node:fs";\nexport const names = fs.readdirSync("out").sort();\n',
  });
  await project.run();
  // The others run by themselves as long as nothing is left over.
  project.edit("steps/30_other.ts", '"1"', '"2"');
  const edited = await project.run();
  expect([edited.ran, edited.events.filter(({ type }) => type === "step.warned")]).toEqual([["30_other"], []]);
  expect((await project.run(["-p", "n=1"])).events.filter(({ type }) => type === "step.warned")).toMatchObject([
    {
      step: "20_parts",
      message:
        "it wrote out/1.csv before and does not now, and that still lies in out, which 10_clear empties only when it runs: run `--force 10_clear`, then all",
    },
  ]);
  await project.run(["--force", "10_clear"]);
  expect((await project.run(["-p", "n=1"])).ran).toEqual(["20_parts", "30_other", "40_names"]);
  expect(await project.value("40_names.names")).toEqual(["0.csv", "other.csv"]);
});

test("a step that only clears a folder, in which the engine cannot see who writes, is reused", async () => {
  project = new TestProject({
    "steps/10_clear.ts":
      'import fs from "node:fs";\nfs.rmSync("out", { recursive: true, force: true });\nfs.mkdirSync("out");\nexport const cleared = true;\n',
    "steps/20_touch.ts":
      'import { execFileSync } from "node:child_process";\nimport { cleared } from "./10_clear.ts";\nexecFileSync("touch", ["out/x"]);\nexport const touched = cleared;\n',
  });
  await project.run();
  expect((await project.run()).ran).toEqual(["20_touch"]);
});
