/** What steps hand each other by files, folders and models orders them as imports do, and the plan knows of it. */
import { existsSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

type Line = { step: string; verdict: string; reason: { code: string; text: string } };

async function planned(...words: string[]): Promise<Record<string, string>> {
  const { stdout, stderr } = await project.command(["plan", "--json", ...words]);
  const lines = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
  expect(lines.length, stderr).toBeGreaterThan(0);
  return Object.fromEntries(lines.map(({ step, verdict, reason }) => [step, `${verdict}: ${reason.text}`]));
}

/** Runs the lower step alone, so that what it hands over is there, and then all. */
async function settled(lower: string, ...words: string[]): Promise<void> {
  for (const steps of [[lower], []]) {
    const { code, stderr } = await project.run([...steps, ...words]);
    expect(code, stderr).toBe(0);
  }
}

const plain = {
  "data/raw.txt": "1 2\n",
  "steps/10_clean.ts":
    'import fs from "node:fs";\nfs.mkdirSync("out", { recursive: true });\nfs.writeFileSync("out/clean.json", JSON.stringify(fs.readFileSync("data/raw.txt", "utf8").trim().split(" ")));\n',
  "steps/20_train.ts":
    'import fs from "node:fs";\nfs.writeFileSync("out/count.json", String(JSON.parse(fs.readFileSync("out/clean.json", "utf8")).length));\n',
  "steps/30_show.ts": 'import fs from "node:fs";\nexport const count = Number(fs.readFileSync("out/count.json", "utf8"));\n',
  "steps/40_text.ts": 'import { count } from "./30_show.ts";\nexport const text = `${count} numbers`;\n',
  "steps/50_other.ts": "export const other = 1;\n",
};

test("reuse is not promised where a step that runs wrote what another one read", async () => {
  project = new TestProject(plain);
  await settled("10_clean");
  expect(await planned()).toMatchObject({ "20_train": "reuse: nothing changed", "40_text": "reuse: nothing changed" });
  project.write("data/raw.txt", "1 2 3\n");
  expect(await planned()).toEqual({
    "10_clean": "run: file data/raw.txt changed",
    "20_train": "maybe: 10_clean, which wrote out/clean.json, runs first; reused if that comes out equal",
    "30_show": "maybe: 20_train, which wrote out/count.json, may run first; reused if that comes out equal",
    "40_text": "maybe: 30_show may run first; reused if that comes out equal",
    "50_other": "reuse: nothing changed",
  });
  expect((await project.command(["plan"])).stdout).toContain("1 to run, 3 if their inputs change, 1 to reuse");
  expect((await project.command(["why", "30_show"])).stdout).toContain(
    "30_show may run: 20_train, which wrote out/count.json, may run first",
  );
  // What is asked for alone runs alone.
  expect(await planned("20_train")).toEqual({ "20_train": "reuse: nothing changed" });
  expect((await project.run()).ran).toEqual(["10_clean", "20_train", "30_show", "40_text"]);
  expect(await project.value("40_text.text")).toBe("3 numbers");
  project.write("data/raw.txt", "4 5 6\n");
  expect((await project.run()).ran).toEqual(["10_clean", "20_train"]);
});

test("what is run from a step on is all that depends on it, by files too", async () => {
  project = new TestProject(plain);
  await settled("10_clean");
  expect((await project.run(["--from", "10_clean"])).ran).toEqual(["10_clean", "20_train", "30_show", "40_text"]);
  expect((await project.run(["--from", "30_show"])).ran).toEqual(["30_show", "40_text"]);
});

/** Two steps side by side, as far as imports tell. */
function sideBySide(lower: string, upper: string): TestProject {
  return new TestProject({
    "data/n.txt": "1",
    "steps/10_n.ts": "export const base = 0;\n",
    "steps/20_lower.ts": `import fs from "node:fs";\nimport { param, saveModel } from "stepbook";\nimport { base } from "./10_n.ts";\n${lower}\n`,
    "steps/30_upper.ts": `import fs from "node:fs";\nimport { loadModel, sql } from "stepbook";\nimport { base } from "./10_n.ts";\n${upper}\n`,
  });
}

const readN = 'const n = base + Number(fs.readFileSync("data/n.txt", "utf8"));';

test.each([
  [
    "a model that is loaded",
    `${readN}\nsaveModel("m", { n });`,
    'export const seen = base + (await loadModel<{ n: number }>("m")).parts.n;',
    "models/m",
    2,
  ],
  [
    "a folder that is listed",
    `${readN}\nfs.mkdirSync("out", { recursive: true });\nfs.writeFileSync(\`out/\${n}.txt\`, "");`,
    'export const seen = fs.readdirSync("out").length + base;',
    "out",
    2,
  ],
  [
    "a folder that a pattern in SQL looks into",
    `${readN}\nfs.mkdirSync("out", { recursive: true });\nfs.writeFileSync(\`out/\${n}.txt\`, "");`,
    "const [row] = await (await sql<{ n: number }>`SELECT count(*)::INTEGER AS n FROM glob('out/*.txt')`).rows();\nexport const seen = row!.n + base;",
    "out",
    2,
  ],
])("a step waits for the one that makes %s", async (_, lower, upper, handed, seen) => {
  project = sideBySide(lower, upper);
  await settled("20_lower");
  project.write("data/n.txt", "2");
  expect((await planned())["30_upper"]).toBe(`maybe: 20_lower, which wrote ${handed}, runs first; reused if that comes out equal`);
  expect((await project.run(["-j", "2"])).ran).toEqual(["20_lower", "30_upper"]);
  expect(await project.value("30_upper.seen")).toBe(seen);
  expect((await project.run()).ran).toEqual([]);
});

test("a step waits for the one that makes what it reads by another path: through a link", async () => {
  project = sideBySide(
    `${readN}\nfs.mkdirSync(\`releases/\${n}\`, { recursive: true });\nfs.writeFileSync(\`releases/\${n}/n.txt\`, String(n));\nfs.rmSync("current", { force: true });\nfs.symlinkSync(\`releases/\${n}\`, "current");`,
    'export const seen = Number(fs.readFileSync("current/n.txt", "utf8")) + base;',
  );
  await settled("20_lower");
  project.write("data/n.txt", "2");
  expect((await planned())["30_upper"]).toBe("maybe: 20_lower, which wrote current/n.txt, runs first; reused if that comes out equal");
  expect((await project.run(["-j", "2"])).ran).toEqual(["20_lower", "30_upper"]);
  expect(await project.value("30_upper.seen")).toBe(2);
});

test.each([
  ["clears", 'fs.rmSync("out", { recursive: true, force: true });\nfs.mkdirSync("out");'],
  ["removes", 'fs.rmSync("out", { recursive: true, force: true });'],
])("what lies in a folder that a lower step %s is there again in the same run", async (_, lower) => {
  project = sideBySide(
    `${lower}\nexport const emptied = param("n", 1) + base;`,
    'fs.mkdirSync("out/deep", { recursive: true });\nfs.writeFileSync("out/deep/upper.txt", String(base));',
  );
  await settled("20_lower");
  expect((await project.run(["-j", "2", "-p", "n=2"])).ran).toEqual(["20_lower", "30_upper"]);
  expect(project.read("out/deep/upper.txt")).toBe("0");
});

test.each([
  ["rewrites", 'fs.writeFileSync("data/n.txt", String(Number(fs.readFileSync("data/n.txt", "utf8")) + 1 + base));', "2"],
  ["removes", 'fs.rmSync("data/n.txt");\nconsole.log(base);', undefined],
])("a step that %s what a lower one reads waits for that one", async (_, upper, left) => {
  project = sideBySide(`${readN}\nexport const seen = n;`, upper);
  await settled("20_lower");
  project.write("data/n.txt", "1");
  project.write("steps/10_n.ts", "export const base = 0; export const more = 1;\n");
  const { events } = await project.run(["-j", "2", "--force"]);
  const at = (type: string, step: string) => events.findIndex((event) => event.type === type && "step" in event && event.step === step);
  expect(at("step.started", "30_upper")).toBeGreaterThan(at("step.ran", "20_lower"));
  expect(await project.value("20_lower.seen")).toBe(1);
  expect(existsSync(project.path("data/n.txt")) ? project.read("data/n.txt") : undefined).toBe(left);
});

test("a model of an earlier result is the newest again before another step loads it", async () => {
  project = sideBySide(
    'saveModel("m", { n: param("n", 1) + base });',
    'export const seen = base + (await loadModel<{ n: number }>("m")).parts.n;',
  );
  await settled("20_lower");
  await settled("20_lower", "-p", "n=2");
  expect(await project.value("30_upper.seen")).toBe(2);
  expect(await planned()).toMatchObject({
    "20_lower": "reuse: nothing changed",
    "30_upper": "maybe: 20_lower saves models/m again; reused if that comes out equal",
  });
  expect((await project.run()).ran).toEqual(["30_upper"]);
  expect(await project.value("30_upper.seen")).toBe(1);
  expect((await project.run()).ran).toEqual([]);
});

test("where the writer of a file was renamed, nothing lets its reader wait once: the run says so, and the next one makes up for it", async () => {
  project = new TestProject({
    "steps/10_write.ts": 'import fs from "node:fs";\nfs.writeFileSync("word.txt", "one");\nexport const written = true;\n',
    "steps/15_check.ts": 'import { written } from "./10_write.ts";\nexport const checked = written;\n',
    "steps/17_mark.ts": 'export const mark = "!";\n',
    "steps/20_read.ts":
      'import fs from "node:fs";\nimport { mark } from "./17_mark.ts";\nexport const word = fs.readFileSync("word.txt", "utf8") + mark;\n',
  });
  await settled("10_write");
  const warnings = async () => (await project.run()).events.filter(({ type }) => type === "step.warned");
  project.edit("steps/10_write.ts", "one", "two");
  expect(await warnings()).toEqual([]);
  expect(await project.value("20_read.word")).toBe("two!");
  project.write("steps/10_writer.ts", project.read("steps/10_write.ts").replace("two", "three"));
  project.remove("steps/10_write.ts");
  project.edit("steps/15_check.ts", "10_write", "10_writer");
  expect(await warnings()).toMatchObject([
    {
      step: "20_read",
      message:
        "it did not know that 10_writer writes word.txt, and read it before that: its result is of what was there; run again, or import 10_writer",
    },
  ]);
  expect(await warnings()).toEqual([]);
  expect(await project.value("20_read.word")).toBe("three!");
  project.edit("steps/10_writer.ts", "three", "four");
  expect(await warnings()).toEqual([]);
  expect(await project.value("20_read.word")).toBe("four!");
});
