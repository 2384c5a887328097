import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

async function runs(): Promise<readonly string[]> {
  const run = await project.run();
  expect(run.code, run.stderr).toBe(0);
  return run.ran;
}

const importer = 'import { a } from "./10_a.ts";\nexport const b = a + 1;\n';

test("a step may be a link to a file elsewhere", async () => {
  project = new TestProject({
    "src/one.ts": 'import { k } from "./k.ts";\nexport const a = k;\n',
    "src/k.ts": "export const k = 1;\n",
    "src/two.ts": "export const a = 20;\n",
    "steps/20_b.ts": importer,
  });
  symlinkSync("../src/one.ts", project.path("steps/10_a.ts"));
  expect(await runs()).toEqual(["10_a", "20_b"]);
  expect(await runs()).toEqual([]);
  project.write("src/k.ts", "export const k = 2;\n");
  expect(await runs()).toEqual(["10_a", "20_b"]);
  expect(await project.value("20_b.b")).toBe(3);
  rmSync(project.path("steps/10_a.ts"));
  symlinkSync("../src/two.ts", project.path("steps/10_a.ts"));
  expect(await runs()).toEqual(["10_a", "20_b"]);
  expect(await project.value("20_b.b")).toBe(21);
});

test("steps/ may be a link to another folder", async () => {
  project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n", "steps/20_b.ts": importer });
  renameSync(project.path("steps"), project.path("first"));
  symlinkSync("first", project.path("steps"));
  expect(await runs()).toEqual(["10_a", "20_b"]);
  project.write("first/10_a.ts", "export const a = 2;\n");
  expect(await runs()).toEqual(["10_a", "20_b"]);
  project.write("second/10_a.ts", "export const a = 3;\n");
  project.write("second/20_b.ts", importer);
  rmSync(project.path("steps"));
  symlinkSync("second", project.path("steps"));
  expect(await runs()).toEqual(["10_a", "20_b"]);
  expect(await project.value("20_b.b")).toBe(4);
});

test(".stepbook may be a link to another disk", async () => {
  project = new TestProject({
    "steps/10_a.ts": "export const a = 1;\n",
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\n\nif (a > 1) throw new Error("too much");\nexport const b = a;\n',
    "elsewhere/deep/.keep": "",
  });
  symlinkSync("elsewhere/deep", project.path(".stepbook"));
  expect(await runs()).toEqual(["10_a", "20_b"]);
  expect(await runs()).toEqual([]);
  project.write("steps/10_a.ts", "export const a = 2;\n");
  const failed = (await project.run()).events.find((event) => event.type === "step.failed");
  expect(failed?.failure).toMatchObject({ code: "E_STEP_THREW", place: { file: "steps/20_b.ts", line: 3 } });
});

test("packages are found where .stepbook lies on another disk", async () => {
  const disk = new TestProject({ "state/.keep": "" });
  try {
    project = new TestProject({
      "node_modules/pack/package.json": '{ "name": "pack", "main": "i.js" }',
      "node_modules/pack/i.js": "exports.n = 1;\n",
      "steps/10_a.ts": 'import { n } from "pack";\nexport const a = n;\n',
    });
    symlinkSync(disk.path("state"), project.path(".stepbook"));
    expect(await runs()).toEqual(["10_a"]);
    expect(await runs()).toEqual([]);
    project.write("node_modules/pack/i.js", "exports.n = 2;\n");
    expect(await runs()).toEqual(["10_a"]);
  } finally {
    disk.dispose();
  }
});

test("a step is a step by whichever name it is imported", async () => {
  project = new TestProject({
    "package.json":
      '{ "name": "me", "type": "module", "imports": { "#data": "./steps/10_a.ts" }, "exports": { "./data": "./steps/10_a.ts" } }',
    "steps/40_d.ts": 'import { a } from "me/data";\nexport const d = a + 3;\n',
    "tsconfig.json": '{ "compilerOptions": { "paths": { "@data": ["./steps/10_a.ts"] } } }',
    "steps/10_a.ts": 'console.log("made");\nexport const a = 1;\n',
    "steps/20_b.ts": 'import { a } from "#data";\nexport const b = a + 1;\n',
    "steps/30_c.ts": 'import { a } from "@data";\nexport const c = a + 2;\n',
  });
  const { events } = await project.run();
  expect(events.filter((event) => event.type === "step.output")).toHaveLength(1);
  const graph = JSON.parse((await project.command(["graph", "--json"])).stdout) as { steps: { id: string; edges: { from: string }[] }[] };
  expect(graph.steps.map(({ edges }) => edges.map(({ from }) => from))).toEqual([[], ["10_a"], ["10_a"], ["10_a"]]);
});

test.each<[string, () => void]>([
  ["a link that leads nowhere", () => symlinkSync("nowhere", project.path(".stepbook"))],
  ["a file", () => project.write(".stepbook", "")],
])("%s in the place of .stepbook is named", async (_, make) => {
  project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
  make();
  const { code, stderr } = await project.command([]);
  expect(code).toBe(3);
  expect(stderr).toMatch(/E_READ_ONLY: \S+\.stepbook is not a folder/);
});

test.each<[string, () => void]>([
  ["a link that leads nowhere", () => symlinkSync("../src/none.ts", project.path("steps/10_a.ts"))],
  ["a folder that is named like a step", () => mkdirSync(project.path("steps/10_a.ts"))],
])("%s is named", async (_, make) => {
  project = new TestProject({ "steps/20_b.ts": "export const b = 1;\n" });
  make();
  const { code, stderr } = await project.command([]);
  expect(code).toBe(3);
  expect(stderr).toMatch(/E_IMPORT: steps\/10_a\.ts is not a file that can be read/);
});
