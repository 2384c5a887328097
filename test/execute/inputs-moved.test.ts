/** A file that changes while the step that reads it still works: what the step made is used now, and never again. */
import { mkdirSync, renameSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { type RunResult, TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

// The barrier lies where the engine notes no reads; the step tells by its output that it has read.
const wait = 'while (!fs.existsSync(".stepbook/go")) await new Promise((done) => setTimeout(done, 5));';
const readers = {
  "node:fs": `import fs from "node:fs";\nexport const text = fs.readFileSync("data/in.csv", "utf8");\nconsole.log("read");\n${wait}\n`,
  DuckDB: `import fs from "node:fs";\nimport { csv } from "stepbook";\nexport const text = JSON.stringify(await (await csv("data/in.csv")).rows());\nconsole.log("read");\n${wait}\n`,
};

const changes: Record<string, () => void> = {
  "rewritten, of the same size, its time set back": () => {
    const file = project.path("data/in.csv");
    const { atime, mtime } = statSync(file);
    writeFileSync(file, "a\n2\n");
    utimesSync(file, atime, mtime);
  },
  "replaced by another": () => {
    const { atime, mtime } = statSync(project.path("data/in.csv"));
    project.write("data/other.csv", "a\n2\n");
    utimesSync(project.path("data/other.csv"), atime, mtime);
    renameSync(project.path("data/other.csv"), project.path("data/in.csv"));
  },
};

/** A run that is held after the step has read, until the change is made. */
async function runWhile(change: () => void, env: NodeJS.ProcessEnv = {}): Promise<Pick<RunResult, "code" | "stdout">> {
  project.remove(".stepbook/go");
  const child = project.start(["run", "--json"], { env });
  let stdout = "";
  let changed = false;
  child.stdout!.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    if (changed || !/"line":"read"/.test(stdout)) return;
    changed = true;
    change();
    project.write(".stepbook/go", "");
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  expect(changed, stdout).toBe(true);
  return { code, stdout };
}

test.each(Object.entries(readers))("read by %s", async (_, reader) => {
  for (const [name, change] of Object.entries(changes)) {
    project = new TestProject({ "steps/10_a.ts": reader, "data/in.csv": "a\n1\n" });
    // Long enough ago that only the change itself can be the doubt.
    utimesSync(project.path("data/in.csv"), 1e9, 1e9);
    const { code, stdout } = await runWhile(change);
    expect(code, name).toBe(0);
    expect(stdout, name).toContain("a file changed while it was read");
    expect(await project.value("10_a.text"), name).toContain("1");
    const again = await project.run();
    expect(again.steps["10_a"], name).toMatchObject({ status: "ran", reason: "an input changed while it ran last time" });
    expect(await project.value("10_a.text"), name).toContain("2");
    expect((await project.run()).ran, name).toEqual([]);
    project.dispose();
  }
  // The twin: without the second look the old result is served for the new file.
  project = new TestProject({ "steps/10_a.ts": reader, "data/in.csv": "a\n1\n" });
  utimesSync(project.path("data/in.csv"), 1e9, 1e9);
  await runWhile(changes["replaced by another"]!, { STEPBOOK_SABOTAGE: "no-second-look" });
  expect((await project.run()).ran).toEqual([]);
  expect(await project.value("10_a.text")).toContain("1");
});

test("a file that comes into a folder that the step has listed, and writes into itself", async () => {
  project = new TestProject({
    "data/a.csv": "1",
    "steps/10_a.ts": `import fs from "node:fs";\nexport const names = fs.readdirSync("data").filter((name) => name.endsWith(".csv"));\nconsole.log("read");\n${wait}\nfs.mkdirSync("data/out", { recursive: true });\nfs.writeFileSync("data/out/total.json", String(names.length));\n`,
  });
  expect((await runWhile(() => project.write("data/b.csv", "2"))).code).toBe(0);
  expect(await project.value("10_a.names")).toEqual(["a.csv"]);
  project.write(".stepbook/go", "");
  expect((await project.run()).ran).toEqual(["10_a"]);
  expect(await project.value("10_a.names")).toEqual(["a.csv", "b.csv"]);
  expect((await project.run()).ran).toEqual([]);
});

/** The package as a folder, or as pnpm has it: a link to one. */
const installs = {
  files: (version: number) => project.write("node_modules/pack/index.js", `export const version = ${version};\n`),
  link: (version: number) => {
    project.write(`store/${version}/package.json`, packed);
    project.write(`store/${version}/index.js`, `export const version = ${version};\n`);
    mkdirSync(project.path("node_modules"), { recursive: true });
    project.remove("node_modules/pack");
    symlinkSync(`../store/${version}`, project.path("node_modules/pack"));
  },
};
const packed = '{ "name": "pack", "version": "1.0.0", "type": "module", "exports": "./index.js" }';

test.each(Object.entries(installs))("a package that is replaced (%s) before a step of the run imports it", async (kind, install) => {
  project = new TestProject({
    ...(kind === "files" ? { "node_modules/pack/package.json": packed } : {}),
    "steps/10_a.ts": `import fs from "node:fs";\nconsole.log("read");\n${wait}\nexport const a = 1;\n`,
    "steps/20_b.ts": 'import { version } from "pack";\nimport "./10_a.ts";\nexport const b = version;\n',
  });
  install(1);
  const { stdout } = await runWhile(() => install(2));
  expect(stdout).toContain("a package changed while it ran");
  expect(await project.value("20_b.b")).toBe(2);
  // Back again: what was made by the other one is not taken for what this one gives.
  install(1);
  expect((await project.run()).ran).toEqual(["20_b"]);
  expect(await project.value("20_b.b")).toBe(1);
  expect((await project.run()).ran).toEqual([]);
});
