/** Files that steps write: which of them are outputs, and what it means that they are read and written both. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { type RunResult, TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

const reasons = ({ steps, ran }: RunResult) => ran.map((step) => `${step}: ${steps[step]!.reason}`);
const again = async () => reasons(await project.run());

const appends = {
  appendFileSync: 'appendFileSync("pipeline.log", "line\\n");',
  "appendFile, by callback": 'await new Promise((done) => appendFile("pipeline.log", "line\\n", done));',
  "promises.appendFile": 'await promises.appendFile("pipeline.log", "line\\n");',
  "writeFile with a flag": 'writeFileSync("pipeline.log", "line\\n", { flag: "a" });',
  "a stream, by one who asks first how long the file is":
    'await new Promise((done) => stat("pipeline.log", done));\nawait new Promise((done) => createWriteStream("pipeline.log", { flags: "a" }).end("line\\n", done));',
};

test.each(Object.entries(appends))("a log that several steps append to: %s", async (_, append) => {
  const step = (name: string) =>
    `import { appendFile, appendFileSync, createWriteStream, promises, stat, writeFileSync } from "node:fs";\n${append}\nexport const ${name} = 1;\n`;
  project = new TestProject({ "steps/10_a.ts": step("a"), "steps/20_b.ts": `import "./10_a.ts";\n${step("b")}` });
  expect((await project.run()).ran).toEqual(["10_a", "20_b"]);
  expect(project.read("pipeline.log")).toBe("line\nline\n");
  // The second time a kept plan answers.
  for (const _ of [1, 2]) expect(await again()).toEqual([]);
  project.remove("pipeline.log");
  expect(await again()).toEqual(["10_a: its output pipeline.log is gone"]);
});

const headers = {
  "writes its header": 'fs.writeFileSync("results.csv", "name\\n");',
  "removes it": 'fs.rmSync("results.csv", { force: true });',
};
const adding = (name: string) => `import fs from "node:fs";\n%fs.appendFileSync("results.csv", "${name}\\n");\nexport const ${name} = 1;\n`;

const each = Object.entries(headers).flatMap(([how, first]) => [
  ["plain scripts", how, first, ""],
  ["steps side by side", how, first, 'import { base } from "./05_base.ts";\nvoid base;\n'],
]);

test.each(each)("rows that %s add to a file of which a lower one %s are all there after each run", async (_, __, first, wired) => {
  project = new TestProject({
    "steps/05_base.ts": "export const base = 1;\n",
    "steps/10_first.ts": `import fs from "node:fs";\n${wired}${first}\nexport const done = 1;\n`,
    "steps/20_knn.ts": adding("knn").replace("%", wired),
    "steps/30_svm.ts": adding("svm").replace("%", wired),
  });
  // Nothing orders those side by side before their first records.
  await project.run(["--serial"]);
  const rows = () => project.read("results.csv").split("\n").sort();
  const whole = rows();
  expect(whole).toEqual(expect.arrayContaining(["knn", "svm"]));
  for (const _ of [1, 2]) {
    expect((await project.run()).ran).toEqual(expect.arrayContaining(["10_first", "20_knn", "30_svm"]));
    expect(rows()).toEqual(whole);
  }
  // Where the run was interrupted after the lower step, the others have the same to do.
  await project.run(["--force", "10_first"]);
  await project.run();
  expect(rows()).toEqual(whole);
});

test("of two steps that write the same file the higher one has the last word in each run", async () => {
  const step = (text: string) =>
    `import fs from "node:fs";\nimport { base } from "./05_base.ts";\nfs.writeFileSync("out.txt", "${text}");\nexport const done = base;\n`;
  project = new TestProject({ "steps/05_base.ts": "export const base = 1;\n", "steps/10_a.ts": step("a"), "steps/20_b.ts": step("b") });
  await project.run(["--serial"]);
  for (const _ of [1, 2]) {
    expect(await again()).toEqual(["10_a: its output out.txt was changed", "20_b: its output out.txt was changed"]);
    expect(project.read("out.txt")).toBe("b");
  }
});

test("what a step reads of a file that it appended to must stay as it is", async () => {
  project = new TestProject({
    "counts.txt": "one\n",
    "steps/10_a.ts":
      'import { appendFileSync, readFileSync } from "node:fs";\nappendFileSync("counts.txt", "two\\n");\nexport const lines = readFileSync("counts.txt", "utf8").split("\\n").length - 1;\n',
  });
  await project.run();
  expect(await again()).toEqual([]);
  project.write("counts.txt", "one\nand\nmore\n");
  expect(await again()).toEqual(["10_a: its output counts.txt was changed"]);
  expect(await project.value("10_a.lines")).toBe(4);
});

test("rows that one step appends, and the next one reads", async () => {
  project = new TestProject({
    "steps/10_a.ts":
      'import { appendFileSync, rmSync } from "node:fs";\nrmSync("rows.txt", { force: true });\nfor (const row of [1, 2]) appendFileSync("rows.txt", `${row}\\n`);\nexport const done = true;\n',
    "steps/20_b.ts":
      'import "./10_a.ts";\nimport { readFileSync } from "node:fs";\nexport const text = readFileSync("rows.txt", "utf8");\n',
  });
  await project.run();
  expect(await again()).toEqual([]);
  project.write("rows.txt", "forged\n");
  expect((await project.run()).code).toBe(0);
  expect(await project.value("20_b.text")).toBe("1\n2\n");
});

test.each(["/tmp", "/dev/shm", "of TMPDIR"].filter((folder) => folder !== "/dev/shm" || existsSync(folder)))(
  "rows that one step hands on through a temporary folder: %s",
  async (folder) => {
    project = new TestProject({
      "steps/10_load.ts":
        'import { writeFileSync } from "node:fs";\nwriteFileSync(process.env.ROWS!, "[1,2]");\nexport const done = true;\n',
      "steps/20_use.ts":
        'import "./10_load.ts";\nimport { readFileSync } from "node:fs";\nexport const rows = readFileSync(process.env.ROWS!, "utf8");\n',
    });
    const other = new TestProject();
    const file = `${folder.startsWith("/") ? folder : other.folder}/stepbook-rows-${process.pid}.json`;
    const env = { ROWS: file, ...(folder.startsWith("/") ? {} : { TMPDIR: other.folder }) };
    const run = async () => reasons(await project.run([], { env }));
    try {
      await run();
      expect(await run()).toEqual([]);
      rmSync(file);
      expect(await run()).toEqual([`10_load: its output ${file} is gone`]);
      writeFileSync(file, "forged");
      expect(await run()).toEqual([`10_load: its output ${file} was changed`]);
      expect(await project.value("20_use.rows")).toBe("[1,2]");
    } finally {
      rmSync(file, { force: true });
      other.dispose();
    }
  },
);

test.skipIf(!existsSync("/proc/self/comm"))(
  "what a step makes in a temporary folder and removes is not an output; nor is what it tells the system by way of a file",
  async () => {
    project = new TestProject({
      "steps/10_a.ts":
        'import { mkdtempSync, rmSync, writeFileSync } from "node:fs";\nimport { tmpdir } from "node:os";\nconst folder = mkdtempSync(`${tmpdir()}/stepbook-scratch-`);\nwriteFileSync(`${folder}/x`, "1");\nrmSync(folder, { recursive: true });\nwriteFileSync("/dev/null", "");\nwriteFileSync("/proc/self/comm", "step");\nexport const done = true;\n',
    });
    expect((await project.run()).code).toBe(0);
    expect(await again()).toEqual([]);
    expect((await project.command(["show", "10_a"])).stdout).not.toMatch(/scratch|\/dev\/|\/proc\//);
  },
);

const writers = {
  "as a whole": 'fs.writeFileSync("kept.json", text);',
  "beside it, and renamed": 'fs.writeFileSync("kept.new", text);\nfs.renameSync("kept.new", "kept.json");',
  "through a descriptor": 'const fd = fs.openSync("kept.json", "w");\nfs.writeSync(fd, text);\nfs.closeSync(fd);',
  "by promises": 'await fs.promises.writeFile("kept.json", text);',
};

test.each(Object.entries(writers))("a step keeps results of its own in a file that it reads and writes: %s", async (_, write) => {
  project = new TestProject({
    "steps/10_a.ts": `import fs from "node:fs";
let kept: Record<string, number> = {};
try {
  kept = JSON.parse(fs.readFileSync("kept.json", "utf8")) as Record<string, number>;
} catch {}
kept.one ??= 1;
const text = JSON.stringify(kept);
${write}
export const one = kept.one;
`,
  });
  const first = await project.run();
  const second = await project.run();
  expect(reasons(second)).toEqual(["10_a: file kept.json appeared"]);
  expect(await again()).toEqual([]);
  expect(first.stdout + second.stdout).not.toContain("changed while it was read");
  project.write("kept.json", '{"one":2}');
  expect(await again()).toEqual(["10_a: file kept.json changed"]);
  expect(await project.value("10_a.one")).toBe(2);
  expect(await again()).toEqual([]);
});

const moves = {
  "at once": 'fs.renameSync("draft", "out");',
  "by promises": 'await fs.promises.rename("draft", "out");',
  "by callback": 'await new Promise((done) => fs.rename("draft", "out", done));',
};

test.each(Object.entries(moves))(
  "a folder that is written beside its place and renamed is an output with all that lies in it: %s",
  async (_, move) => {
    project = new TestProject({
      "in.txt": "1",
      "steps/10_base.ts": "export const base = 0;\n",
      "steps/20_make.ts": `import fs from "node:fs";
import { base } from "./10_base.ts";
const text = fs.readFileSync("in.txt", "utf8");
fs.rmSync("out", { recursive: true, force: true });
fs.mkdirSync("draft/deep", { recursive: true });
fs.writeFileSync("draft/deep/x.txt", text);
${move}
export const made = base;
`,
      "steps/30_use.ts":
        'import fs from "node:fs";\nimport { base } from "./10_base.ts";\nexport const x = Number(fs.readFileSync("out/deep/x.txt", "utf8")) + base;\n',
    });
    await project.run(["20_make"]);
    await project.run();
    expect(await again()).toEqual([]);
    project.write("out/deep/x.txt", "forged");
    expect(await again()).toEqual(["20_make: its output out/deep/x.txt was changed"]);
    project.write("in.txt", "2");
    // Side by side it would read what was there before.
    expect((await project.run(["-j", "2"])).ran).toEqual(["20_make", "30_use"]);
    expect(await project.value("30_use.x")).toBe(2);
    expect(await again()).toEqual([]);
  },
);

test("what comes between the reading and the writing is seen", async () => {
  const change = 'execFileSync("/bin/sh", ["-c", "echo 2 > kept.txt"], { env: {} });';
  project = new TestProject({
    "kept.txt": "1\n",
    "steps/10_a.ts": `import { execFileSync } from "node:child_process";\nimport { readFileSync, writeFileSync } from "node:fs";\nexport const config = { cache: true };\nexport const text = readFileSync("kept.txt", "utf8");\n${change}\nwriteFileSync("kept.txt", "3\\n");\n`,
  });
  expect((await project.run()).stdout).toContain("a file changed while it was read");
  expect(await again()).toEqual(["10_a: an input changed while it ran last time"]);
});

test("a database that a step attaches and changes: it runs each time and says why, and is reused where its config says so", async () => {
  const step = (config: string) => `import { param, sql } from "stepbook";
${config}
const n = param("n", 3);
await sql\`ATTACH 'kept.duckdb' AS kept\`;
await sql\`CREATE OR REPLACE TABLE kept.t AS SELECT range AS i FROM range(\${n})\`;
await sql\`DETACH kept\`;
export const made = n;
`;
  project = new TestProject({ "steps/10_a.ts": step("") });
  await project.run();
  expect(await again()).toEqual([]);
  const changed = await project.run(["-p", "n=5"]);
  expect(changed.stdout).not.toContain("changed while it was read");
  const why = "10_a: reads and changes kept.duckdb; config cache: true or maxAge would reuse it";
  expect(reasons(await project.run(["-p", "n=5"]))).toEqual([why]);
  project.write("steps/10_a.ts", step("export const config = { cache: true };"));
  expect(reasons(await project.run(["-p", "n=5"]))).toEqual([]);
  expect(await again()).toEqual(["10_a: param n: 5 → its default"]);
  expect(await again()).toEqual([]);
  // It was another one then.
  expect((await project.run(["-p", "n=5"])).ran).toEqual(["10_a"]);
});
