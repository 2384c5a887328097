import { cpSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

const projects: TestProject[] = [];
const make = (files: Record<string, string> = {}) => {
  const project = new TestProject(files);
  projects.push(project);
  return project;
};
afterEach(() => projects.splice(0).forEach((each) => each.dispose()));

test("after an edit and its undoing the newest model is what a clean run would save", async () => {
  const project = make({
    "steps/10_fit.ts": 'import { saveModel } from "stepbook";\nconst w = 1;\nsaveModel("m", { w });\nexport const fitted = w;\n',
  });
  await project.run();
  project.edit("steps/10_fit.ts", "w = 1", "w = 2");
  await project.run();
  project.edit("steps/10_fit.ts", "w = 2", "w = 1");
  expect((await project.run()).ran).toEqual([]);
  expect(project.read("models/m/v3.json")).toContain('"w": 1');
  await project.run();
  expect(project.has("models/m/v4.json")).toBe(false);
});

test("a project that was moved does not keep where it lay", async () => {
  const files = {
    "steps/10_a.ts": "export const a = import.meta.dirname;\n",
    "steps/20_b.ts": "export const b = process.cwd();\n",
    "steps/30_c.ts": "export const c = 1;\n",
  };
  const project = make(files);
  await project.run();
  const moved = make();
  cpSync(project.folder, moved.folder, { recursive: true });
  expect((await moved.run()).ran).toEqual(["10_a", "20_b"]);
  expect(await moved.value("20_b.b")).toBe(moved.folder);
});

test("code that lies there half-written is written anew, not run", async () => {
  const project = make({ "steps/10_a.ts": "export const a = 1;\n" });
  await project.run();
  const { readdirSync, writeFileSync } = await import("node:fs");
  const bundles = project.path(".stepbook/bundles");
  for (const name of readdirSync(bundles).filter((each) => each.endsWith(".mjs"))) writeFileSync(`${bundles}/${name}`, "");
  expect((await project.run(["--force"])).code).toBe(0);
  expect(await project.value("10_a.a")).toBe(1);
});

test("a flag that appears while the step runs is not taken as seen", async () => {
  const project = make({
    "steps/10_a.ts": `import { existsSync, readdirSync } from "node:fs";
export const before = existsSync("flag");
export const entries = readdirSync("data").length;
console.log("has looked");
await new Promise((resolve) => setTimeout(resolve, 1500));
`,
    "data/x": "",
  });
  const child = project.start(["run", "--json"]);
  await new Promise<void>((resolve) => child.stdout!.on("data", (data: Buffer) => data.includes("has looked") && resolve()));
  project.write("flag", "");
  project.write("data/y", "");
  await new Promise((resolve) => child.once("close", resolve));
  expect((await project.run()).ran).toEqual(["10_a"]);
  expect(await project.value("10_a.before")).toBe(true);
  expect(await project.value("10_a.entries")).toBe(2);
});
