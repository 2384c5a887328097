import { cpSync } from "node:fs";
import { isBuiltin } from "node:module";
import { afterEach, describe, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

/** a → b → c, with a helper that b uses. */
function chain(): TestProject {
  return new TestProject({
    "lib/maths.ts": "export function twice(x: number) {\n  return x * 2;\n}\nexport function unused(x: number) {\n  return x;\n}\n",
    "steps/10_a.ts": "/** # A */\nexport const a = 1;\nexport const other = 10;\n",
    "steps/20_b.ts": 'import { twice } from "../lib/maths.ts";\nimport { a } from "./10_a.ts";\nexport const b = twice(a);\n',
    "steps/30_c.ts": 'import { b } from "./20_b.ts";\nexport const c = b + 1;\n',
  });
}

async function settled(files: TestProject): Promise<void> {
  const first = await files.run();
  expect(first.code, first.stderr).toBe(0);
}

test("a param may have any name", async () => {
  project = new TestProject({
    "steps/10_a.ts": 'import { param } from "stepbook";\nexport const a = [param("constructor", 1), param("toString", "x")];\n',
  });
  expect((await project.run()).ran).toEqual(["10_a"]);
  expect((await project.run()).ran).toEqual([]);
  expect((await project.run(["-p", "constructor=2", "-p", "toString=x"])).steps["10_a"]?.reason).toBe("param constructor: 1 → 2");
  expect((await project.run(["-p", "toString=x"])).ran).toEqual([]);
  expect((await project.run(["-p", "toString=y"])).ran).toEqual(["10_a"]);
  expect(await project.value("10_a.a")).toEqual([1, "y"]);
});

test("a figure and what it shows, exported as a plain value, are not the same to who imports them", async () => {
  const figure = '{ [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "1" }) }';
  project = new TestProject({
    "steps/10_a.ts": `export const shown: object = ${figure};\n`,
    "steps/20_b.ts": 'import { shown } from "./10_a.ts";\nexport const keys = Object.keys(shown);\n',
  });
  await settled(project);
  expect(await project.value("20_b.keys")).toEqual(["bundle"]);
  expect((await project.run()).ran).toEqual([]);
  project.edit("steps/10_a.ts", figure, '{ "text/plain": "1" }');
  const plain = await project.run();
  expect(plain.steps["20_b"]?.reason).toBe("input a.shown changed");
  expect(plain.events.find((event) => event.type === "step.ran")).toMatchObject({ changed: ["shown"] });
  expect(await project.value("20_b.keys")).toEqual(["text/plain"]);
  project.edit("steps/10_a.ts", '{ "text/plain": "1" }', figure);
  expect((await project.run()).ran).toEqual([]);
  expect(await project.value("20_b.keys")).toEqual(["bundle"]);
});

test("what is not a number for the step is none for the plan: 0x10 is not the 16 of its record", async () => {
  project = new TestProject({ "steps/10_a.ts": 'import { param } from "stepbook";\nexport const a = param(["k"].join(""), 16);\n' });
  await settled(project);
  expect(await project.run(["-p", "k=0x10"])).toMatchObject({ code: 2, ran: [] });
  expect((await project.run(["-p", "k=1.6e1"])).steps["10_a"]?.status).toBe("cached");
});

test("a project that was moved is found as it was: what it read in itself, in a folder whose name begins with dots, by a name with a backslash", async () => {
  project = new TestProject({
    "..data/in.txt": "5",
    "data/a\\b.txt": "6",
    "steps/10_named.ts":
      'import { readFileSync } from "node:fs";\nexport const a = ["..data/in.txt", "data/a\\\\b.txt"].map((file) => readFileSync(file, "utf8"));\n',
    "steps/20_listed.ts": 'import { readdirSync } from "node:fs";\nexport const b = readdirSync(".").length;\n',
    "steps/30_sql.ts": "import { sql } from \"stepbook\";\nexport const c = await sql`SELECT content FROM read_text('..data/in.txt')`;\n",
  });
  await settled(project);
  expect((await project.run()).ran).toEqual([]);
  const moved = new TestProject({}, `${project.folder}-moved`);
  try {
    cpSync(project.folder, moved.folder, { recursive: true });
    expect((await moved.run()).ran).toEqual([]);
    moved.write("..data/in.txt", "7");
    expect((await moved.run()).ran).toEqual(["10_named", "30_sql"]);
  } finally {
    moved.dispose();
  }
});

describe("nothing changes and nothing runs", () => {
  test("a plan before the first run promises no reuse", async () => {
    project = chain();
    const { stdout } = await project.command(["plan", "--json"]);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { verdict?: string }).verdict)
        .filter(Boolean),
    ).toEqual(["run", "run", "run"]);
  });

  test("a second run reuses every step", async () => {
    project = chain();
    const first = await project.run();
    expect(first.ran).toEqual(["10_a", "20_b", "30_c"]);
    const second = await project.run();
    expect(second.ran).toEqual([]);
    expect(second.steps["20_b"]).toMatchObject({ status: "cached", attempts: 0 });
    expect(await project.value("30_c.c")).toBe(3);
  });

  test.each([
    ["a comment", "steps/20_b.ts", "export const b", "// why\n/* and how */\nexport const b"],
    ["formatting", "steps/20_b.ts", "twice(a);", "twice(\n  a,\n);"],
    ["a type", "steps/20_b.ts", "export const b", "export interface B { x: number }\nexport const b: number"],
    ["a comment in a helper", "lib/maths.ts", "return x * 2", "// doubled\n  return x * 2"],
    ["an unused function of a helper", "lib/maths.ts", "return x;", "return x + 1;"],
    [
      "a new unused function",
      "lib/maths.ts",
      "export function unused",
      "export const more = (x: number) => x ** 3;\nexport function unused",
    ],
    ["an added unused import of a type", "steps/20_b.ts", "export const b", 'import type { A } from "./10_a.ts";\nexport const b'],
    ["settings", "steps/20_b.ts", "export const b", 'export const config = { retries: 2, timeout: "1m" };\nexport const b'],
  ])("%s", async (_, file, from, to) => {
    project = chain();
    await settled(project);
    project.edit(file, from, to);
    const again = await project.run();
    expect(again.code, again.stderr).toBe(0);
    expect(again.ran).toEqual([]);
  });

  test("renumbering", async () => {
    project = chain();
    await settled(project);
    project.write("steps/11_a.ts", project.read("steps/10_a.ts"));
    project.remove("steps/10_a.ts");
    project.edit("steps/20_b.ts", "./10_a.ts", "./11_a.ts");
    const again = await project.run();
    expect(again.steps["11_a"]?.status).toBe("cached");
    expect(again.ran).toEqual([]);
  });

  test("touching a file that was read", async () => {
    project = new TestProject({
      "data/in.txt": "5",
      "steps/10_read.ts": 'import { readFileSync } from "node:fs";\nexport const n = Number(readFileSync("data/in.txt", "utf8"));\n',
    });
    await settled(project);
    project.write("data/in.txt", "5");
    expect((await project.run()).ran).toEqual([]);
  });
});

describe("an edit reruns what it changed", () => {
  test("a used line of a helper, and what follows where values changed", async () => {
    project = chain();
    await settled(project);
    project.edit("lib/maths.ts", "x * 2", "x * 3");
    const again = await project.run();
    expect(again.ran).toEqual(["20_b", "30_c"]);
    expect(again.steps["20_b"]?.reason).toBe("lib/maths.ts: twice changed");
    expect(again.steps["30_c"]?.reason).toBe("input b.b changed");
    expect(await project.value("30_c.c")).toBe(4);
  });

  test("early cutoff: a step that comes out equal stops the change", async () => {
    project = chain();
    await settled(project);
    project.edit("lib/maths.ts", "x * 2", "x + x");
    const again = await project.run();
    expect(again.ran).toEqual(["20_b"]);
  });

  test("only the exports that are imported count", async () => {
    project = chain();
    await settled(project);
    project.edit("steps/10_a.ts", "other = 10", "other = 11");
    const again = await project.run();
    expect(again.ran).toEqual(["10_a"]);
  });

  test("going back to an earlier state reuses what that state left", async () => {
    project = chain();
    await settled(project);
    project.edit("lib/maths.ts", "x * 2", "x * 3");
    await settled(project);
    project.edit("lib/maths.ts", "x * 3", "x * 2");
    const again = await project.run();
    expect(again.ran).toEqual([]);
    expect(await project.value("30_c.c")).toBe(3);
  });

  test("a param", async () => {
    project = new TestProject({
      "steps/10_k.ts": 'import { param } from "stepbook";\nexport const k = param("k", 5, { doc: "neighbours" });\n',
      "steps/20_other.ts": "export const x = 1;\n",
    });
    await settled(project);
    const again = await project.run(["-p", "k=7"]);
    expect(again.ran).toEqual(["10_k"]);
    expect(again.steps["10_k"]?.reason).toBe("param k: 5 → 7");
    expect((await project.run(["-p", "k=7"])).ran).toEqual([]);
    expect((await project.run(["-p", "k=5"])).ran).toEqual([]);
    expect((await project.run()).ran).toEqual([]);
  });

  test("a sweep over many values of a param", async () => {
    project = new TestProject({ "steps/10_k.ts": 'import { param } from "stepbook";\nexport const k = param("k", 0);\n' });
    const values = Array.from({ length: 23 }, (_, i) => String(i));
    for (const value of values) expect((await project.run(["-p", `k=${value}`])).ran).toEqual(["10_k"]);
    for (const value of values.slice(0, 2)) expect((await project.run(["-p", `k=${value}`])).ran).toEqual([]);
  });

  test("a file that was read by node:fs, and one that appears", async () => {
    project = new TestProject({
      "data/in.txt": "5",
      "steps/10_read.ts": `import { existsSync, readFileSync } from "node:fs";
export const n = existsSync("data/override.txt") ? 0 : Number(readFileSync("data/in.txt", "utf8"));
`,
    });
    await settled(project);
    project.write("data/in.txt", "6");
    const changed = await project.run();
    expect(changed.steps["10_read"]?.reason).toBe("file data/in.txt changed");
    expect(await project.value("10_read.n")).toBe(6);
    project.write("data/override.txt", "");
    const appeared = await project.run();
    expect(appeared.steps["10_read"]?.reason).toBe("file data/override.txt appeared");
    expect(await project.value("10_read.n")).toBe(0);
  });

  test("a file that DuckDB read", async () => {
    project = new TestProject({
      "data/in.csv": "id,x\n1,2\n2,3\n",
      "steps/10_read.ts":
        "import { sql } from \"stepbook\";\nexport const total = await sql`SELECT sum(x)::DOUBLE AS s FROM read_csv('data/in.csv')`;\n",
      "steps/20_csv.ts": 'import { csv } from "stepbook";\nexport const t = await csv("data/in.csv");\n',
    });
    await settled(project);
    expect((await project.run()).ran).toEqual([]);
    project.write("data/in.csv", "id,x\n1,2\n2,4\n");
    const again = await project.run();
    expect(again.ran).toEqual(["10_read", "20_csv"]);
    expect(await project.value("10_read.total")).toMatchObject({ rows: [{ s: 6 }] });
  });
});

test("a file of variables that Node loads", async () => {
  project = new TestProject({
    ".env": "WORD=one\n",
    "other.env": "MORE=two\n",
    "steps/10_env.ts":
      'process.loadEnvFile();\nprocess.loadEnvFile(new URL("../other.env", import.meta.url));\nexport const words = `${process.env.WORD} ${process.env.MORE}`;\n',
  });
  await settled(project);
  expect((await project.run()).ran).toEqual([]);
  project.write(".env", "WORD=won\n");
  expect((await project.run()).ran).toEqual(["10_env"]);
  expect(await project.value("10_env.words")).toBe("won two");
  project.write("other.env", "MORE=too\n");
  expect((await project.run()).ran).toEqual(["10_env"]);
  expect(await project.value("10_env.words")).toBe("won too");
});

test("what Node is told of how modules are found; and not what it is told of memory and warnings", async () => {
  project = new TestProject({
    "node_modules/pack/package.json":
      '{ "name": "pack", "version": "1.0.0", "type": "module", "exports": { "ours": "./ours.js", "default": "./theirs.js" } }',
    "node_modules/pack/ours.js": 'export const whose = "ours";\n',
    "node_modules/pack/theirs.js": 'export const whose = "theirs";\n',
    "steps/10_a.ts": 'import { whose } from "pack";\nexport const a = whose;\n',
  });
  const runWith = (options: string) => project.run([], { env: { NODE_OPTIONS: options } });
  await settled(project);
  expect((await runWith("--conditions=ours")).steps["10_a"]?.reason).toContain("none → node-options:--conditions=ours");
  expect(await project.value("10_a.a")).toBe("ours");
  expect((await runWith("--max_old_space_size=500 --no-warnings -C ours")).ran).toEqual(["10_a"]);
  expect((await runWith("--max-old-space-size=600 -C ours --trace-warnings")).ran).toEqual([]);
  expect((await runWith("--enable-source-maps")).ran).toEqual([]);
  expect(await project.value("10_a.a")).toBe("theirs");
});

test("what Node loads ahead of a step, and what that imports", async () => {
  project = new TestProject({
    "ahead/setup.mjs": 'import { number } from "./number.mjs";\nglobalThis.ahead = number;\n',
    "ahead/number.mjs": "export const number = 1;\n",
    "steps/10_a.ts": "export const a = (globalThis as any).ahead as number;\n",
  });
  const run = () => project.run([], { env: { NODE_OPTIONS: "--import ./ahead/setup.mjs" } });
  expect((await run()).ran).toEqual(["10_a"]);
  expect((await run()).ran).toEqual([]);
  project.edit("ahead/number.mjs", "1", "2");
  const again = await run();
  expect(again.steps["10_a"]?.reason).toMatch(/node-options:--import,\.\/ahead\/setup\.mjs#\w+ → /);
  expect(await project.value("10_a.a")).toBe(2);
  expect((await run()).ran).toEqual([]);
});

test("the data of time zones and languages that Node brings, which differs within a major version", async () => {
  project = new TestProject({
    "node.cjs":
      "const { ICU: icu, TZDATA: tz } = process.env;\nObject.defineProperty(process, 'versions', { value: { ...process.versions, icu, tz } });\n",
    "steps/10_a.ts": "export const a = 1;\n",
  });
  const run = (ICU: string, TZDATA: string) => project.run([], { env: { NODE_OPTIONS: "--require ./node.cjs", ICU, TZDATA } });
  expect((await run("74.1", "2024a")).ran).toEqual(["10_a"]);
  for (const _ of [1, 2]) expect((await run("74.1", "2024a")).ran).toEqual([]);
  expect((await run("75.1", "2024a")).steps["10_a"]?.reason).toBe("the engine changed: icu-74.1 → icu-75.1");
  expect((await run("75.1", "2025b")).steps["10_a"]?.reason).toBe("the engine changed: tz-2024a → tz-2025b");
});

test("a package that lists the variables of the environment; and debug, which only asks how it is to print", async () => {
  const listing = 'module.exports = Object.keys(process.env).filter((name) => name.startsWith("LISTED_"));';
  project = new TestProject(
    Object.fromEntries(
      ["debug", "other"].flatMap((name, i) => [
        [`node_modules/${name}/package.json`, '{ "main": "index.js" }'],
        [`node_modules/${name}/index.js`, listing],
        [`steps/${i + 1}0_${name}.ts`, `import names from "${name}";\nexport const found = names as string[];\n`],
      ]),
    ),
  );
  await settled(project);
  expect((await project.run([], { env: { LISTED_A: "1" } })).ran).toEqual(["20_other"]);
});

describe("what the engine cannot see through", () => {
  const shell = (config: string) => `import { execFileSync } from "node:child_process";
${config}
export const out = execFileSync("cat", ["data/in.txt"]).toString();
`;

  test("a subprocess is not cached, and plan says so", async () => {
    project = new TestProject({ "data/in.txt": "1", "steps/10_sh.ts": shell("") });
    await settled(project);
    const again = await project.run();
    expect(again.ran).toEqual(["10_sh"]);
    const plan = await project.command(["plan"]);
    expect(plan.stdout).toMatch(/10_sh\s+run\b/);
    const json = JSON.parse((await project.command(["plan", "--json"])).stdout) as { reason: { code: string; text: string } };
    expect(json.reason.code).toBe("opaque");
    expect(json.reason.text).toContain("started a subprocess (cat)");
    expect(json.reason.text).toContain("cache: true");
  });

  test("cache: true and maxAge say otherwise", async () => {
    project = new TestProject({
      "data/in.txt": "1",
      "steps/10_sh.ts": shell("export const config = { cache: true };"),
      "steps/20_sh2.ts": shell('export const config = { maxAge: "1h" };'),
    });
    await settled(project);
    expect((await project.run()).ran).toEqual([]);
  });

  test("a result older than maxAge is made anew", async () => {
    project = new TestProject({ "data/in.txt": "1", "steps/10_sh.ts": shell("export const config = { maxAge: 0 };") });
    await settled(project);
    const again = await project.run();
    expect(again.steps["10_sh"]?.reason).toContain("maxAge is 0");
  });

  test("the network", async () => {
    project = new TestProject({
      "steps/10_net.ts": `import { createServer, connect } from "node:net";
const server = createServer((socket) => socket.end("hi")).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
export const said = await new Promise<string>((resolve) => connect((server.address() as { port: number }).port, "127.0.0.1").on("data", (d) => resolve(d.toString())));
server.close();
`,
    });
    await settled(project);
    const again = await project.run();
    expect(again.steps["10_net"]?.reason).toContain("used the network (127.0.0.1:");
  });

  test("hooks of the module loader", async () => {
    project = new TestProject({
      "lib/hooks.mjs":
        'export const load = (url, context, next) => (url === "node:virtual" ? { format: "module", source: "", shortCircuit: true } : next(url, context));\n',
      "steps/10_hooks.ts":
        'import { register } from "node:module";\nimport { pathToFileURL } from "node:url";\nregister("./lib/hooks.mjs", pathToFileURL(`${process.cwd()}/`));\nexport const a = 1;\n',
    });
    await settled(project);
    expect((await project.run()).steps["10_hooks"]?.reason).toContain("started a worker (hooks.mjs)");
  });

  test.skipIf(!isBuiltin("node:sqlite"))("a database of Node's own SQLite", async () => {
    project = new TestProject({
      "steps/10_db.ts":
        'import { DatabaseSync } from "node:sqlite";\nexport const tables = new DatabaseSync("data.db").prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n;\n',
    });
    await settled(project);
    expect((await project.run()).steps["10_db"]?.reason).toContain("loaded native code (node:sqlite)");
  });

  test("what a step reads of its run is compared with this one: a slot that is tried again finds what its first attempt made", async () => {
    project = new TestProject({
      "steps/10_a.ts": 'import { run } from "stepbook";\nexport const day = run.logicalDate.toISOString().slice(0, 10);\n',
      "steps/20_b.ts": 'import { run } from "stepbook";\nexport const by = run.trigger;\n',
    });
    const on = async (...date: string[]) => (await project.run(date.flatMap((each) => ["--logical-date", each]))).ran;
    expect(await on("2026-01-01")).toEqual(["10_a", "20_b"]);
    // The second time a kept plan answers.
    for (const _ of [1, 2]) expect(await on("2026-01-01")).toEqual([]);
    expect(await on("2026-01-02")).toEqual(["10_a"]);
    expect(await on("2026-01-01T00:00:00Z")).toEqual([]);
    expect(await on()).toEqual(["10_a"]);
    expect((await project.command(["plan", "--logical-date", "2026-01-02", "--json"])).stdout).not.toContain('"verdict":"run"');
    expect((await project.command(["why", "10_a"])).stdout).toContain("it reads run.logicalDate, which differs in each run");
  });

  test("reading the run's id makes a step run each time", async () => {
    project = new TestProject({ "steps/10_id.ts": 'import { run } from "stepbook";\nexport const id = run.id;\n' });
    await settled(project);
    expect((await project.run()).steps["10_id"]?.reason).toContain("run.id");
  });
});

test("what the engine itself looks up is not a read of the step's", async () => {
  project = new TestProject({
    "steps/10_t.ts": 'import { sql } from "stepbook";\nexport const t = await sql`SELECT 1 AS one`;\n',
    "steps/20_u.ts": 'import { t } from "./10_t.ts";\nexport const n = (await t.rows()).length;\n',
  });
  await settled(project);
  for (const step of ["10_t", "20_u"]) {
    const { stdout } = await project.command(["why", step, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ reads: [] });
  }
});

test("what a step displays without awaiting it is in its record", async () => {
  project = new TestProject({
    "steps/10_t.ts": 'import { display, sql } from "stepbook";\nexport const t = await sql`SELECT 1 AS one`;\ndisplay(t);\n',
  });
  const run = await project.run();
  expect(run.events.filter((event) => event.type === "step.displayed")).toHaveLength(1);
});

test("names with dots in them, of a step and of an export: a.b and c, a and b.c", async () => {
  project = new TestProject({
    "steps/10_a.b.ts": "export const c = 1;\n",
    "steps/15_a.ts": 'const c = 2;\nexport { c as "b.c" };\n',
    "steps/20_both.ts": 'import { c } from "./10_a.b.ts";\nimport { "b.c" as other } from "./15_a.ts";\nexport const both = [c, other];\n',
  });
  await project.run();
  expect(await project.value("20_both.both")).toEqual([1, 2]);
  project.edit("steps/10_a.b.ts", "1", "3");
  expect((await project.run()).ran).toEqual(["10_a.b", "20_both"]);
  expect(await project.value("20_both.both")).toEqual([3, 2]);
});

test("exports may have any name that the language allows", async () => {
  project = new TestProject({
    "steps/10_names.ts": 'const one = 1, two = 2;\nexport { one as class, two as "x-y" };\nexport default 3;\n',
    "steps/20_sum.ts": 'import three, { class as one, "x-y" as two } from "./10_names.ts";\nexport const sum = one + two + three;\n',
    "steps/30_all.ts": 'import * as names from "./10_names.ts";\nexport const keys = Object.keys(names).sort();\n',
  });
  await settled(project);
  expect(await project.value("20_sum.sum")).toBe(6);
  expect(await project.value("30_all.keys")).toEqual(["class", "default", "x-y"]);
});

test("a bigint is recorded, and an export may be called like what the engine stages", async () => {
  project = new TestProject({
    "experiments.sql": "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, big bigint);",
    "steps/10_a.ts":
      'import { record, table } from "stepbook";\nexport const rows = await table([{ x: 1 }]);\nrecord("experiments", { big: 2n ** 53n + 1n });\n',
  });
  await settled(project);
  expect((await project.command(["experiments", "--json"])).stdout).toContain("9007199254740993");
});

test("a pattern in SQL: what matches it comes and goes, and what else lies in the folder", async () => {
  project = new TestProject({
    "experiments.sql": "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, n bigint);",
    "data/a.csv": "x\n1\n",
    "steps/10_a.ts": "import { sql } from \"stepbook\";\nexport const t = await sql`FROM 'data/*.csv'`;\n",
    "steps/20_b.ts": 'import { record } from "stepbook";\nimport "./10_a.ts";\nrecord("experiments", { n: 1 });\n',
  });
  await settled(project);
  expect(project.has("data/experiments.db")).toBe(true);
  expect((await project.run()).ran).toEqual(["20_b"]);
  project.write("data/b.csv", "x\n2\n");
  expect((await project.run()).steps["10_a"]).toMatchObject({ status: "ran", reason: "data/*.csv matches other names" });
  project.remove("data/a.csv");
  expect((await project.run()).ran).toContain("10_a");
  expect((await project.run()).ran).toEqual(["20_b"]);
});
