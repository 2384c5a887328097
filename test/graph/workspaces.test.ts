import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { finished, TestProject } from "../rig/project.ts";
import { asInstalled } from "../rig/pty.ts";

/*
 * A workspace, as npm and pnpm make them: packages of its own are links in node_modules, some are written in TypeScript, and each has
 * dependencies of its own, which the project may have in another version or not at all.
 */

let project: TestProject;
beforeEach(() => {
  project = new TestProject({
    "packages/units/package.json":
      '{ "name": "@us/units", "type": "module", "exports": { ".": { "import": "./src/index.ts" }, "./*": "./src/*.ts" } }',
    "packages/units/src/index.ts":
      'import { version } from "rates";\nimport { half } from "halves";\nexport const units: string = `units of rates ${version}, ${half}`;\n',
    "packages/units/src/other.ts": "export const other: number = 1;\n",
    "packages/units/node_modules/rates/package.json": '{ "name": "rates", "version": "2.0.0", "main": "i.js" }',
    "packages/units/node_modules/rates/i.js": "exports.version = 2;\n",
    "packages/units/node_modules/halves/package.json":
      '{ "name": "halves", "version": "1.0.0", "exports": { "require": "./none.cjs", "import": "./i.mjs" } }',
    "packages/units/node_modules/halves/i.mjs": "export const half = 0.5;\n",
    "node_modules/rates/package.json": '{ "name": "rates", "version": "1.0.0", "main": "i.js" }',
    "node_modules/rates/i.js": "exports.version = 1;\n",
    "steps/10_a.ts":
      'import { units } from "@us/units";\nimport { version } from "rates";\nexport const a = `${units}; here ${version}`;\n',
  });
  mkdirSync(project.path("node_modules/@us"));
  symlinkSync("../../packages/units", project.path("node_modules/@us/units"));
});
afterEach(() => project.dispose());

async function result(): Promise<unknown> {
  const run = await project.run();
  expect(run.code, run.stderr).toBe(0);
  return [run.ran, await project.value("10_a.a")];
}

test("a linked package in TypeScript is a source, whose packages are those that it has itself", async () => {
  expect(await result()).toEqual([["10_a"], "units of rates 2, 0.5; here 1"]);
  expect(await result()).toEqual([[], "units of rates 2, 0.5; here 1"]);
  project.edit("packages/units/src/index.ts", "units of", "units by");
  expect(await result()).toEqual([["10_a"], "units by rates 2, 0.5; here 1"]);
  project.edit("packages/units/node_modules/halves/i.mjs", "0.5", "0.25");
  expect(await result()).toEqual([["10_a"], "units by rates 2, 0.25; here 1"]);
});

test("what is required is found from there, too, and a package may have the name of one of Node's modules", async () => {
  project.write("packages/units/src/old.cjs", 'exports.required = [require("rates").version, require("string_decoder/").decoder];\n');
  project.write("packages/units/src/index.ts", 'import old from "./old.cjs";\nexport const units = old.required.join();\n');
  project.write("node_modules/string_decoder/package.json", '{ "name": "string_decoder", "main": "i.js" }');
  project.write("node_modules/string_decoder/i.js", 'exports.decoder = "own";\n');
  expect(await result()).toEqual([["10_a"], "2,own; here 1"]);
  project.write("packages/units/node_modules/rates/i.js", "exports.version = 3;\n");
  expect(await result()).toEqual([["10_a"], "3,own; here 1"]);
  project.write("node_modules/string_decoder/i.js", 'exports.decoder = "other";\n');
  expect(await result()).toEqual([["10_a"], "3,other; here 1"]);
});

test("a linked package in JavaScript, and what it imports from beside its own folder", async () => {
  project.write("packages/units/package.json", '{ "name": "@us/units", "type": "module", "exports": "./src/index.js" }');
  project.write(
    "packages/units/src/index.js",
    'import { units as beside } from "../../beside/i.mjs";\nexport const units = `js ${beside}`;\n',
  );
  project.write("packages/beside/i.mjs", "export const units = 1;\n");
  expect(await result()).toEqual([["10_a"], "js 1; here 1"]);
  expect(await result()).toEqual([[], "js 1; here 1"]);
  project.write("packages/beside/i.mjs", "export const units = 2;\n");
  expect(await result()).toEqual([["10_a"], "js 2; here 1"]);
  project.edit("packages/units/src/index.js", "`js", "`JS");
  expect(await result()).toEqual([["10_a"], "JS 2; here 1"]);
});

test("a condition leads to the sources", async () => {
  project.write(
    "packages/units/package.json",
    '{ "name": "@us/units", "type": "module", "exports": { "development": "./src/index.ts", "default": "./dist.js" } }',
  );
  project.write("packages/units/dist.js", 'export const units = "built";\n');
  const told = async (env: NodeJS.ProcessEnv) => {
    const run = await project.run([], { env });
    expect(run.code, run.stderr).toBe(0);
    return [run.ran, await project.value("10_a.a")];
  };
  const development = { NODE_OPTIONS: "--no-warnings --conditions=development" };
  for (const [env, expected] of [
    [{}, "built; here 1"],
    [development, "units of rates 2, 0.5; here 1"],
  ] as const) {
    expect(await told(env)).toEqual([["10_a"], expected]);
    expect(await told(env)).toEqual([[], expected]);
  }
});

test("a step alone, by tsx, says the same", async () => {
  asInstalled(project);
  project.write("steps/10_a.ts", `${project.read("steps/10_a.ts")}console.log(a);\n`);
  const alone = await finished(spawn("npx", ["tsx", "steps/10_a.ts"], { cwd: project.folder }));
  expect(alone).toMatchObject({ code: 0, stdout: "units of rates 2, 0.5; here 1\n" });
});

test("a model's predict finds them, too", async () => {
  project.write("lib/ask.ts", 'import { units } from "@us/units";\nexport const predict = () => units;\n');
  project.write(
    "steps/10_a.ts",
    'import { saveModel } from "stepbook";\nsaveModel("m", { a: 1 }, { predict: "lib/ask.ts", inputs: { x: 1 } });\n',
  );
  expect((await project.run()).code).toBe(0);
  const { stdout, stderr } = await project.command(["predict", "m", "x=1", "--json"]);
  expect(stdout, stderr).toContain("units of rates 2, 0.5");
});

test("where TypeScript is imported through a package in JavaScript, the error says what to do", async () => {
  project.write("node_modules/through/package.json", '{ "name": "through", "type": "module", "main": "i.js" }');
  project.write("node_modules/through/i.js", 'export * from "./i.ts";\n');
  project.write("node_modules/through/i.ts", "export const through: number = 1;\n");
  project.write("steps/10_a.ts", 'import * as all from "through";\nexport const a = Object.keys(all);\n');
  const failed = (await project.run()).events.find((event) => event.type === "step.failed");
  expect(failed?.failure).toMatchObject({ code: "E_STEP_THREW", remedy: expect.stringMatching(/JavaScript/) });
});
