/**
 * The caching mistakes that peers make (make, wireit, turbo, DVC, Snakemake, ploomber and marimo were
 * measured: most serve stale results in several of these), each as a test that passes here.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { finished, TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

test("an undeclared helper is edited", async () => {
  project = new TestProject({
    "lib/deep.ts": "export const factor = 2;\n",
    "lib/helper.ts": 'import { factor } from "./deep.ts";\nexport const scale = (x: number) => x * factor;\n',
    "steps/10_a.ts": 'import { scale } from "../lib/helper.ts";\nexport const a = scale(21);\n',
  });
  await project.run();
  project.edit("lib/deep.ts", "= 2", "= 3");
  const again = await project.run();
  expect(again.ran).toEqual(["10_a"]);
  expect(await project.value("10_a.a")).toBe(63);
});

test("an undeclared environment variable changes, and does not poison the cache", async () => {
  project = new TestProject({ "steps/10_env.ts": "export const region = process.env.REGION ?? 'none';\n" });
  const value = async (env: NodeJS.ProcessEnv) => {
    const run = await project.run([], { env });
    return { ran: run.ran.length, value: await project.value("10_env.region"), reason: run.steps["10_env"]?.reason };
  };
  expect(await value({ REGION: "north" })).toMatchObject({ ran: 1, value: "north" });
  expect(await value({ REGION: "south" })).toMatchObject({ ran: 1, value: "south", reason: "environment variable REGION changed" });
  // The first one's record is still there, and only for the first one's value.
  expect((await project.run([], { env: { REGION: "north" } })).ran).toEqual([]);
  expect(await value({})).toMatchObject({ ran: 1, value: "none", reason: "environment variable REGION is gone" });
  expect((await project.run([], { env: { OTHER: "x" } })).ran).toEqual([]);
});

test("a package's copy of the environment, made for its subprocesses, reads none of it; the step's own does", async () => {
  project = new TestProject({
    "node_modules/dep/package.json": '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
    "node_modules/dep/index.js":
      "export const count = () => Object.keys({ ...process.env }).length;\nexport const home = () => process.env.DEP_HOME;\n",
    "steps/10_copy.ts": 'import { count, home } from "dep";\nexport const some = count() > 0;\nexport const where = String(home());\n',
    "steps/20_own.ts": "const copy = { ...process.env };\nexport const region = copy.REGION;\n",
  });
  const env = (region: string, home = "x") => ({ env: { REGION: region, DEP_HOME: home } });
  await project.run([], env("north"));
  expect((await project.run([], env("north"))).ran).toEqual([]);
  expect((await project.run([], env("south"))).ran).toEqual(["20_own"]);
  expect((await project.run([], env("south", "y"))).ran).toContain("10_copy");
});

test("however the environment is listed, a value that could be seen is noted, and one that could not is not", async () => {
  const doors: Record<string, string> = {
    "10_descriptors": "Object.getOwnPropertyDescriptors(process.env).REGION?.value",
    "20_each":
      "Object.fromEntries(Reflect.ownKeys(process.env).map((name) => [name, Object.getOwnPropertyDescriptor(process.env, name)?.value])).REGION",
    "30_values": "Object.values(process.env).sort()",
    "40_assigned": "Object.assign({}, process.env).REGION",
    "50_json": "JSON.parse(JSON.stringify(process.env)).REGION",
    "60_rest": "(({ PATH, ...rest }) => rest.REGION)(process.env)",
    "70_loop":
      '(() => { let found = ""; for (const name in process.env) if (name === "REGION") found = process.env[name]!; return found; })()',
    "80_keys": 'Object.keys(process.env).includes("REGION")',
    "90_names": 'Object.getOwnPropertyNames(process.env).includes("REGION")',
  };
  project = new TestProject(
    Object.fromEntries(Object.entries(doors).map(([step, seen]) => [`steps/${step}.ts`, `export const seen = ${seen};\n`])),
  );
  const env = (region: string) => ({ env: { REGION: region } });
  await project.run([], env("north"));
  expect((await project.run([], env("north"))).ran).toEqual([]);
  expect((await project.run([], env("south"))).ran).toEqual(Object.keys(doors).filter((step) => Number.parseInt(step, 10) < 80));
});

test("a dependency's code changes, without and with the lock file", async () => {
  project = new TestProject({
    "node_modules/dep/package.json":
      '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./index.js", "dependencies": { "inner": "1" } }',
    "node_modules/dep/index.js": 'import { n } from "inner";\nexport const f = () => n;\n',
    "node_modules/inner/package.json": '{ "name": "inner", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
    "node_modules/inner/index.js": "export const n = 1;\n",
    "package-lock.json": "{}",
    "steps/10_a.ts": 'import { f } from "dep";\nexport const a = f();\n',
    "steps/20_b.ts": "export const b = 1;\n",
  });
  await project.run();
  project.write("node_modules/inner/index.js", "export const n = 2;\n");
  const patched = await project.run();
  expect(patched.ran).toEqual(["10_a"]);
  expect(patched.steps["10_a"]?.reason).toBe("package inner: its files changed");
  project.write("node_modules/inner/package.json", '{ "name": "inner", "version": "1.1.0", "type": "module", "exports": "./index.js" }');
  project.write("package-lock.json", '{ "changed": true }');
  const upgraded = await project.run();
  expect(upgraded.ran).toEqual(["10_a"]);
  expect(upgraded.steps["10_a"]?.reason).toBe("package inner: 1.0.0 → 1.1.0");
  project.write("package-lock.json", "{}");
  expect((await project.run()).ran).toEqual([]);
});

/** The stored artifacts' files. */
function objects(files: TestProject): string[] {
  const store = files.path(".stepbook/store");
  return readdirSync(store, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(store, name))
    .filter((file) => statSync(file).isFile());
}

test("an output is deleted", async () => {
  project = new TestProject({
    "steps/10_a.ts": "export const a = [1, 2];\n",
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a.length;\n',
  });
  await project.run();
  project.remove(".stepbook/store");
  const again = await project.run();
  expect(again.ran).toEqual(["10_a", "20_b"]);
  expect(again.steps["10_a"]?.reason).toBe("the stored a is gone");
  expect(await project.value("20_b.b")).toBe(2);
});

test("an output is altered by hand, its size kept and its time set back", async () => {
  project = new TestProject({
    "steps/10_a.ts": "export const a = 'true value';\n",
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a;\n',
  });
  await project.run();
  for (const file of objects(project)) {
    const bytes = readFileSync(file);
    bytes[bytes.indexOf("t")] = "T".charCodeAt(0);
    writeFileSync(file, bytes);
  }
  const again = await project.run();
  expect(again.steps["10_a"]).toMatchObject({ status: "ran", reason: "the stored a is damaged" });
  expect(await project.value("20_b.b")).toBe("true value");
});

test("a file that a step wrote by itself is deleted or altered", async () => {
  project = new TestProject({
    "steps/10_w.ts": 'import { writeFileSync } from "node:fs";\nwriteFileSync("out.txt", "made");\nexport const done = true;\n',
  });
  await project.run();
  expect((await project.run()).ran).toEqual([]);
  project.remove("out.txt");
  expect((await project.run()).steps["10_w"]?.reason).toBe("its output out.txt is gone");
  expect(project.read("out.txt")).toBe("made");
  project.write("out.txt", "forged");
  expect((await project.run()).steps["10_w"]?.reason).toBe("its output out.txt was changed");
  expect(project.read("out.txt")).toBe("made");
});

test("two runs at once: each step is executed once", async () => {
  project = new TestProject({
    "steps/10_a.ts": 'import { appendFileSync } from "node:fs";\nappendFileSync(process.env.COUNTER!, "a");\nexport const a = 1;\n',
    "steps/20_b.ts":
      'import { a } from "./10_a.ts";\nimport { appendFileSync } from "node:fs";\nappendFileSync(process.env.COUNTER!, "b");\nexport const b = a;\n',
  });
  // They only append to it, so that it is none's alone.
  const counter = `${project.folder}.counter`;
  writeFileSync(counter, "");
  const env = { COUNTER: counter };
  const runs = await Promise.all([1, 2, 3].map(() => project.run([], { env })));
  for (const run of runs) expect(run.code, run.stderr).toBe(0);
  expect(readFileSync(counter, "utf8")).toBe("ab");
});

test("kill -9 in the middle of a write: nothing half is served", async () => {
  project = new TestProject({
    "steps/10_a.ts": `import { writeFileSync, writeSync } from "node:fs";
if (process.env.HANG) {
  writeSync(1, "writing\\n");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}
export const a = "x".repeat(100_000);
`,
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a.length;\n',
  });
  const child = project.start(["run", "--json"], { env: { HANG: "1" } });
  const ended = finished(child);
  await new Promise<void>((resolve) => child.stdout!.on("data", (chunk: Buffer) => chunk.includes("writing") && resolve()));
  child.kill("SIGKILL");
  expect((await ended).signal).toBe("SIGKILL");
  const again = await project.run();
  expect(again.code, again.stderr).toBe(0);
  expect(again.events.some((event) => event.type === "run.recovered")).toBe(true);
  expect(await project.value("20_b.b")).toBe(100_000);
});

test("plain old numbered scripts run one after the other, files between them seen", async () => {
  project = new TestProject({
    "steps/1_make.ts":
      'import { writeFileSync } from "node:fs";\nimport { param } from "stepbook";\nwriteFileSync("made.txt", String(param("n", 1)));\n',
    "steps/2_use.ts":
      'import { readFileSync, writeFileSync } from "node:fs";\nwriteFileSync("used.txt", readFileSync("made.txt", "utf8") + "!");\n',
    "steps/10_last.ts": 'import { readFileSync } from "node:fs";\nexport const text = readFileSync("used.txt", "utf8");\n',
  });
  expect((await project.run(["-j", "4"])).ran).toEqual(["1_make", "2_use", "10_last"]);
  expect(await project.value("10_last.text")).toBe("1!");
  expect((await project.run()).ran).toEqual([]);
  expect((await project.run(["-p", "n=2"])).ran).toEqual(["1_make", "2_use", "10_last"]);
  expect(await project.value("10_last.text")).toBe("2!");
});

test("a file handed over behind the graph's back is followed all the same", async () => {
  // Both are wired, and not to each other: 20_use reads what 10_make writes.
  project = new TestProject({
    "steps/10_make.ts":
      'import { writeFileSync } from "node:fs";\nimport { param } from "stepbook";\nexport const n = param("n", 1);\nwriteFileSync("made.txt", String(n));\n',
    "steps/20_use.ts": 'import { readFileSync } from "node:fs";\nexport const text = readFileSync("made.txt", "utf8");\n',
    "steps/30_end.ts": 'import { n } from "./10_make.ts";\nimport { text } from "./20_use.ts";\nexport const end = `${n} ${text}`;\n',
  });
  await project.run(["--serial"]);
  expect((await project.run()).ran).toEqual([]);
  expect((await project.run(["-p", "n=2", "-j", "4"])).ran).toEqual(["10_make", "20_use", "30_end"]);
  expect(await project.value("30_end.end")).toBe("2 2");
});
