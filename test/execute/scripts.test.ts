/** Plain scripts work as they are: what Node has them do, they do as steps. */
import { copyFileSync, cpSync, renameSync } from "node:fs";
import { spawn } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import type { Event } from "../../src/events.ts";
import { alone, installedProject } from "../rig/alone.ts";
import { finished, type RunResult, TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

function eventsOf<Type extends Event["type"]>(run: RunResult, type: Type): Extract<Event, { type: Type }>[] {
  return run.events.filter((event): event is Extract<Event, { type: Type }> => event.type === type);
}

const after = (ms: number) => `await new Promise((done) => setTimeout(done, ${ms}));`;

describe("what a script does not await", () => {
  test.each([
    ["main()", "main();\nexport const a = 1;\n"],
    [
      "main().catch(…), process.exit at its end",
      "main().then(() => process.exit(0)).catch((error) => {\n  console.error(error);\n  process.exit(1);\n});\n",
    ],
    ["in a block", 'if (process.env["NEVER"] === undefined) void main();\nexport const a = 1;\n'],
    ["in CommonJS", "main();\nexports.a = 1;\n", "commonjs"],
  ])("is waited for, however long it takes: %s", async (_, call, type = "module") => {
    project = new TestProject({
      "package.json": `{ "type": "${type}" }`,
      "steps/10_train.ts": `import { writeFileSync } from "node:fs";\nasync function main() {\n  ${after(2300)}\n  writeFileSync("model.txt", "trained");\n}\n${call}`,
    });
    const first = await project.run();
    expect(first.steps["10_train"]?.status, first.stderr).toBe("ran");
    expect(eventsOf(first, "step.warned")).toEqual([]);
    expect(project.read("model.txt")).toBe("trained");
    expect((await project.run()).ran).toEqual([]);
  });

  test.each([
    [
      "a process",
      "import { spawn } from \"node:child_process\";\nspawn(process.execPath, [\"-e\", \"setTimeout(() => require('fs').writeFileSync('late.txt', 'x'), 2300)\"]);\n",
    ],
    [
      "a thread",
      "import { Worker } from \"node:worker_threads\";\nnew Worker(\"setTimeout(() => require('fs').writeFileSync('late.txt', 'x'), 2300)\", { eval: true });\n",
    ],
    [
      "what it begins when all else is done",
      'import { writeFileSync } from "node:fs";\nprocess.once("beforeExit", () => setTimeout(() => writeFileSync("late.txt", "x"), 20));\n',
    ],
    [
      "a timer of a script that leaves nothing else",
      'import { writeFileSync } from "node:fs";\nsetTimeout(() => writeFileSync("late.txt", "x"), 2300);\n',
    ],
    [
      "callbacks that are called",
      'import { writeFileSync } from "node:fs";\nexport const a = 1;\nlet calls = 0;\nconst interval = setInterval(() => {\n  const until = performance.now() + 10;\n  while (performance.now() < until);\n  if (++calls < 46) return;\n  writeFileSync("late.txt", "x");\n  clearInterval(interval);\n}, 50);\n',
    ],
  ])("is waited for: %s", async (_, code) => {
    project = new TestProject({ "steps/10_script.ts": code });
    const run = await project.run();
    expect(run.ran, run.stderr).toEqual(["10_script"]);
    expect(project.has("late.txt"), run.stdout).toBe(true);
  });

  test("is waited for, and where nothing happens for long it is said what is open", async () => {
    project = new TestProject({
      "steps/10_script.ts":
        'import { createServer } from "node:net";\nexport const config = { timeout: "8s" };\nasync function main() {\n  createServer().listen(0, "127.0.0.1");\n}\nmain();\n',
    });
    const run = await project.run();
    expect(eventsOf(run, "step.warned")).toMatchObject([
      { message: expect.stringContaining("nothing has happened for 6 s in what is open (TCPServerWrap)") },
    ]);
    expect(eventsOf(run, "step.failed")).toMatchObject([{ failure: { code: "E_STEP_TIMEOUT" } }]);
  });

  test("belongs to the step: exports, effects, what it shows", async () => {
    project = new TestProject({
      "experiments.sql": "CREATE TABLE experiments (experiment_id text PRIMARY KEY, accuracy double precision);\n",
      "steps/10_train.ts": `import { display, record, saveModel } from "stepbook";\nexport let accuracy = 0;\nasync function main() {\n  ${after(20)}\n  accuracy = 0.9;\n  record("experiments", { accuracy });\n  saveModel("m", { w: [1] });\n  void display("shown");\n}\nmain();\n`,
    });
    const run = await project.run();
    expect(await project.value("10_train.accuracy")).toBe(0.9);
    expect(eventsOf(run, "row.recorded")).toMatchObject([{ row: { accuracy: 0.9 } }]);
    expect(eventsOf(run, "step.displayed")).toHaveLength(1);
    expect(project.has("models/m/v1.json")).toBe(true);
  });

  test("fails and skips as what is awaited does", async () => {
    project = new TestProject({
      "steps/10_fails.ts": `async function main() {\n  ${after(20)}\n  throw new Error("late");\n}\nmain();\n`,
      "steps/20_skips.ts": `import { skip } from "stepbook";\nasync function main() {\n  ${after(20)}\n  skip("nothing new");\n}\nmain();\n`,
    });
    const run = await project.run(["--keep-going"]);
    expect(eventsOf(run, "step.failed")).toMatchObject([
      { step: "10_fails", failure: { message: "Error: late", place: { file: "steps/10_fails.ts", line: 3 } } },
    ]);
    expect(run.steps["20_skips"]).toMatchObject({ status: "skipped", reason: "nothing new" });
  });

  test("what is ended since something was open is done anew, and it is said what that was", async () => {
    project = new TestProject({ "steps/10_open.ts": "setInterval(() => {}, 1000);\nexport const a = 1;\n" });
    expect(eventsOf(await project.run(), "step.warned")).toMatchObject([{ message: expect.stringContaining("Timeout") }]);
    const again = await project.run();
    expect(again.steps["10_open"]).toMatchObject({
      status: "ran",
      reason: "was ended with something open (Timeout): await or close it; config cache: true would reuse it",
    });
  });
});

describe("steps in CommonJS", () => {
  const commonJs = { "package.json": "{}" };

  test("require of one gives what it exports, an import its names, too", async () => {
    project = new TestProject({
      ...commonJs,
      "steps/10_load.js": 'const path = require("path");\nexports.rows = [1, 2];\nexports.name = path.basename(__filename);\n',
      "steps/20_sum.js":
        'const load = require("./10_load");\nconst { rows } = require("./10_load.js");\nconst sum = rows[0] + rows[1];\nmodule.exports = { sum, keys: Object.keys(load) };\n',
      "steps/30_list.js": 'module.exports = [require("./20_sum").sum];\n',
      "steps/40_equals.ts": 'import list = require("./30_list");\nexport = { list, of: "40" };\n',
      "steps/50_use.ts":
        'import load, { name } from "./10_load";\nimport * as all from "./20_sum";\nimport list from "./30_list.js";\nimport { of } from "./40_equals";\nconst asked = await import("./10_load");\nexport * from "./20_sum";\nexport const a = [load.rows, name, all.sum, all.keys, list, of, asked.rows, asked.default.name];\n',
    });
    const run = await project.run();
    expect(run.code, run.stderr).toBe(0);
    expect(await project.value("50_use.a")).toEqual([[1, 2], "10_load.js", 3, ["rows", "name"], [3], "40", [1, 2], "10_load.js"]);
    expect(await project.value("50_use.sum")).toBe(3);
    expect(await project.value("40_equals.default")).toEqual({ list: [3], of: "40" });
    project.edit("steps/10_load.js", "[1, 2]", "[1, 2, 3]");
    expect((await project.run()).ran).toEqual(["10_load", "20_sum", "50_use"]);
    project.edit("steps/10_load.js", "[1, 2, 3]", "[2, 3, 3]");
    expect((await project.run()).ran).toEqual(["10_load", "20_sum", "30_list", "40_equals", "50_use"]);
    expect(await project.value("50_use.sum")).toBe(5);
  });

  test("a name that is not seen in one is missing, and those that are, are told", async () => {
    project = new TestProject({
      ...commonJs,
      "steps/10_load.js": "exports.rows = [1];\nObject.assign(exports, { late: 1 });\n",
      "steps/20_use.ts": 'import { row } from "./10_load";\nexport const a = row;\n',
    });
    const run = await project.run();
    expect(run.code).toBe(3);
    expect(run.stdout).toContain('step load has no export \\"row\\"');
    expect(run.stdout).toContain('did you mean \\"rows\\"');
    expect(run.stdout).not.toContain("module.exports");
  });
});

describe("the exit code", () => {
  test.each([
    ["process.exitCode = 1;\n", "10_script set process.exitCode to 1, which says that it failed"],
    [
      "async function main() {\n  throw new Error('no data');\n}\nmain().catch((error) => {\n  console.error(error.message);\n  process.exitCode = 2;\n});\nexport const a = 1;\n",
      "10_script set process.exitCode to 2, which says that it failed",
    ],
    ["process.exit(3);\n", "10_script called process.exit(3): it ended with exit code 3"],
    ["process.exitCode = 4;\nprocess.exit();\n", "10_script called process.exit(): it ended with exit code 4"],
  ])("other than 0 is a failure: %s", async (code, message) => {
    project = new TestProject({ "steps/10_script.ts": code });
    const run = await project.run();
    expect(run.code).toBe(1);
    expect(eventsOf(run, "step.failed")).toMatchObject([{ failure: { code: "E_STEP_EXIT", message } }]);
  });

  test("0 ends a script that exports nothing, and nothing behind it runs", async () => {
    const files = { "experiments.sql": "CREATE TABLE experiments (experiment_id text PRIMARY KEY, accuracy double precision);\n" };
    const code =
      'import { record } from "stepbook";\nimport { writeFileSync } from "node:fs";\nwriteFileSync("one.txt", "1");\nrecord("experiments", { accuracy: 1 });\nif (process.env["NEVER"] === undefined) process.exit(0);\nwriteFileSync("two.txt", "2");\n';
    project = new TestProject({ ...files, "steps/10_script.ts": code, "steps/20_next.ts": "console.log('next');\n" });
    const run = await project.run();
    expect(run.ran, run.stderr).toEqual(["10_script", "20_next"]);
    expect(eventsOf(run, "row.recorded")).toHaveLength(1);
    expect([project.has("one.txt"), project.has("two.txt")]).toEqual([true, false]);
  });

  test.each([
    ["exports", "export const a = 1;\n"],
    ["shows", 'import { display } from "stepbook";\nvoid display("x");\n'],
    ["saves a model", 'import { saveModel } from "stepbook";\nsaveModel("m", [1]);\n'],
  ])("0 would lose what a step %s: it is a failure", async (_, code) => {
    project = new TestProject({ "steps/10_script.ts": `${code}process.exit(0);\n` });
    expect(eventsOf(await project.run(), "step.failed")).toMatchObject([
      { failure: { code: "E_STEP_EXIT", message: "10_script called process.exit(0), so its exports were never stored" } },
    ]);
  });
});

describe("a script that asks whether it is the one that runs", () => {
  test.each([
    ["import.meta.url === pathToFileURL(process.argv[1]!).href"],
    ["import.meta.filename === process.argv[1]"],
    ["fileURLToPath(import.meta.url) === process.argv[1]"],
    ["import.meta.main ?? import.meta.filename === process.argv[1]"],
  ])("is told so, and a helper is not: %s", async (asked) => {
    const head = 'import { fileURLToPath, pathToFileURL } from "node:url";\nvoid [fileURLToPath, pathToFileURL];\n';
    for (const isolation of ["process", "shared"]) {
      project = new TestProject({
        "lib/helper.ts": `${head}export const isMain = ${asked};\n`,
        ...Object.fromEntries(
          ["10_a", "20_b"].map((id) => [
            `steps/${id}.ts`,
            `${head}import { isMain } from "../lib/helper.ts";\nexport const config = { isolation: "${isolation}" };\nexport const a = [${asked}, isMain, process.argv.length];\n`,
          ]),
        ),
      });
      await project.run();
      expect([await project.value("10_a.a"), await project.value("20_b.a")]).toEqual([
        [true, false, 2],
        [true, false, 2],
      ]);
      if (isolation === "process") project.dispose();
    }
  });

  test.each([
    ["10_a.ts", 'import { writeFileSync } from "node:fs";\nimport { helper } from "../lib/helper";\n', "require.main === module"],
    [
      "10_a.ts",
      'const { writeFileSync } = require("node:fs");\nconst { helper } = require("../lib/helper");\n',
      "!(require.main !== module)",
    ],
    ["10_a.cts", 'const { writeFileSync } = require("node:fs");\nconst { helper } = require("../lib/helper");\n', "require.main==module"],
  ])("in CommonJS: %s %s %s", async (file, head, asked) => {
    project = new TestProject({
      "package.json": '{ "type": "commonjs" }',
      "lib/helper.ts": "export const helper = require.main === module;\n",
      [`steps/${file}`]: `${head}if (${asked}) {\n  writeFileSync("main.txt", String(helper));\n  process.exit(0);\n}\n`,
    });
    const run = await project.run();
    expect(run.ran, run.stdout).toEqual(["10_a"]);
    expect(project.read("main.txt")).toBe("false");
  });

  test("the API may be required, or imported when it is wanted: its steps are reused, and their params known", async () => {
    project = installedProject({
      "package.json": "{}",
      "steps/10_a.js": 'const { param } = require("stepbook");\nmodule.exports = { a: param("k", 1) };\n',
      "steps/20_b.mts": 'const { param } = await import("stepbook");\nexport const b = param("k", 1);\n',
    });
    expect((await project.run()).code).toBe(0);
    expect((await project.run()).ran).toEqual([]);
    expect((await project.run(["-p", "k=2"])).ran).toEqual(["10_a", "20_b"]);
  });

  test("import.meta.main says what it says alone", async () => {
    project = installedProject({
      "lib/helper.ts": "export const isMain = import.meta.main;\n",
      "steps/10_a.ts": 'import { isMain } from "../lib/helper.ts";\nexport const a = [isMain ?? null];\n',
    });
    await project.run();
    expect(await project.value("10_a.a")).toEqual(JSON.parse((await alone(project)).stdout));
  });
});

test("a variable that a step sets is not there for a step that imports it, which is said", async () => {
  project = new TestProject({
    ".env": "RATE=0.5\n",
    "steps/10_a.ts": 'process.loadEnvFile(".env");\nprocess.env.QUIET = "1";\nexport const a = 1;\n',
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = [a, process.env.RATE ?? null];\n',
  });
  const { events } = await project.run();
  expect(events.filter((event) => event.type === "step.warned")).toMatchObject([
    { step: "10_a", message: expect.stringMatching(/^it sets RATE, and 20_b, which imports it, asks for that/) },
  ]);
});

test("a project that was moved, a step that was renumbered: a script that looks at its own path is run again", async () => {
  project = new TestProject({
    "lib/me.ts": "export const me = () => process.argv[1];\n",
    "steps/5_a.ts": "export const a = process.argv[1];\n",
    "steps/6_helped.ts": 'import { me } from "../lib/me.ts";\nexport const a = me();\n',
    "steps/7_named.ts": 'import { argv } from "node:process";\nexport const a = argv[1];\n',
    "steps/9_all.ts": 'import * as process from "node:process";\nexport const a = process.argv[1];\n',
    "steps/8_taken.ts": "const { argv } = process;\nexport const a = argv[1];\n",
    "steps/20_b.ts": "export const b = 1;\n",
  });
  await project.run();
  expect((await project.run()).ran).toEqual([]);
  for (const [number, name] of [
    [5, "a"],
    [6, "helped"],
    [7, "named"],
    [8, "taken"],
    [9, "all"],
  ] as const)
    renameSync(project.path(`steps/${number}_${name}.ts`), project.path(`steps/1${number}_${name}.ts`));
  expect((await project.run()).ran).toEqual(["15_a", "16_helped", "17_named", "18_taken", "19_all"]);
  for (const step of ["15_a", "16_helped", "17_named", "18_taken", "19_all"])
    expect(await project.value(`${step}.a`)).toBe(project.path(`steps/${step}.ts`));
  renameSync(project.path("steps/15_a.ts"), project.path("steps/10_a.ts"));
  for (const step of ["16_helped", "17_named", "18_taken", "19_all"]) project.remove(`steps/${step}.ts`);
  expect((await project.run()).ran).toEqual(["10_a"]);
  expect(await project.value("10_a.a")).toBe(project.path("steps/10_a.ts"));
  const moved = new TestProject({}, `${project.folder}-moved`);
  try {
    cpSync(project.folder, moved.folder, { recursive: true });
    expect((await moved.run()).ran).toEqual(["10_a"]);
    expect(await moved.value("10_a.a")).toBe(moved.path("steps/10_a.ts"));
  } finally {
    moved.dispose();
  }
});

describe("what the process tells of the machine", () => {
  test("is part of what the step depends on: another Node, another place of it", async () => {
    project = new TestProject({
      "steps/10_node.ts": "export const node = process.execPath;\n",
      "steps/15_named.ts": 'import { execPath } from "node:process";\nexport const node = execPath;\n',
      "steps/16_all.ts": 'import * as all from "process";\nexport const node = all.execPath;\n',
      "steps/20_other.ts": "export const n = 1;\n",
      "node_modules/asks/package.json": '{ "name": "asks", "type": "module", "exports": "./index.js" }',
      "node_modules/asks/index.js": "export const inNode = typeof process.versions?.node === 'string' && process.execPath !== '';\n",
      "steps/30_package.ts": 'import { inNode } from "asks";\nexport const b = inNode;\n',
    });
    await project.run();
    expect((await project.run()).ran).toEqual([]);
    const other = project.path("other-node");
    copyFileSync(process.execPath, other);
    const run = await finished(spawn(other, project.words(["run", "--json"]), { cwd: project.folder, stdio: ["ignore", "pipe", "pipe"] }));
    const last = run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Event)
      .find((event) => event.type === "run.finished");
    expect(
      last?.steps.map(({ status, reason }) => [status, reason]),
      run.stderr,
    ).toEqual([...Array(3).fill(["ran", "process.execPath changed"]), ["cached", "nothing changed"], ["cached", "nothing changed"]]);
    expect(await project.value("10_node.node")).toBe(other);
  });
});
