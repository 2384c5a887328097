import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Failure } from "../../src/errors.ts";
import { openState } from "../../src/record/state.ts";
import { type RunResult, TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

function failures(run: RunResult): Record<string, Failure> {
  return Object.fromEntries(run.events.flatMap((event) => (event.type === "step.failed" ? [[event.step, event.failure]] : [])));
}

/** Runs one bad step: it fails with its code, place and remedy, and nothing of it is kept. */
async function bad(code: string, files: Record<string, string> = {}, exit = 1): Promise<Failure> {
  project = new TestProject({ ...files, "steps/10_bad.ts": code, "steps/20_next.ts": 'import "./10_bad.ts";\nexport const n = 1;\n' });
  const run = await project.run();
  expect(run.steps["10_bad"]?.status, run.stderr).toBe("failed");
  expect(run.steps["20_next"]?.status).toBe("skipped");
  expect(run.code).toBe(exit);
  return failures(run)["10_bad"]!;
}

describe("a step that throws", () => {
  test("the place is told in a folder with any name", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "stepbook-test-"));
    project = new TestProject({}, path.join(folder, "my project (copy) #1%20/stepbook/src/store"));
    project.write("steps/10_bad.ts", "export const a = 1;\nthrow new Error('x');\n");
    project.write("steps/20_sql.ts", 'import { sql } from "stepbook";\nexport const t = await sql`SELEC 1`;\n');
    const places = Object.values(failures(await project.run(["--keep-going"]))).map(({ place }) => place);
    expect(places).toMatchObject([
      { file: "steps/10_bad.ts", line: 2, column: 7 },
      { file: "steps/20_sql.ts", line: 2 },
    ]);
    rmSync(folder, { recursive: true });
  });

  test.each([
    ["undefined", "undefined"],
    ['{ status: 404, body: "gone" }', '{"status":404,"body":"gone"}'],
    ["Object.create(null)", "{}"],
    ["{ big: 1n }", "an object"],
  ])("%s, which is not an error", async (thrown, shown) => {
    expect(await bad(`throw ${thrown};\n`)).toMatchObject({ code: "E_STEP_THREW", message: `thrown: ${shown}` });
  });

  test("the place is the TypeScript line, in the step and in a helper", async () => {
    const failure = await bad('import { f } from "../lib/f.ts";\n\nexport const a = f(null);\n', {
      "lib/f.ts": "// one\n// two\nexport function f(x: { y: number } | null): number {\n  return x!.y;\n}\n",
    });
    expect(failure).toMatchObject({
      code: "E_STEP_THREW",
      message: expect.stringContaining("TypeError"),
      place: { file: "lib/f.ts", line: 4 },
    });
    expect(failure.stack).toContain("lib/f.ts:4");
    expect(failure.stack).toContain("steps/10_bad.ts:3");
    expect(failure.stack).not.toContain("child");
  });

  test.each([
    [
      "its cause",
      "throw new Error('outer', { cause: new TypeError('inner', { cause: 'low' }) });\n",
      ["Error: outer", "caused by TypeError: inner", "caused by low"],
      1,
    ],
    [
      "what it gathers",
      "const all = ['x', 'y', 3, 4, 5, 6].map((each) =>\n  Promise.reject(typeof each === 'number' ? each : new Error(each, { cause: 1 })));\nawait Promise.any(all);\n",
      [
        "AggregateError: All promises were rejected",
        "- Error: x",
        "  caused by 1",
        "- Error: y",
        "  caused by 1",
        "- 3",
        "- 4",
        "- 5",
        "- … 1 more",
      ],
      2,
    ],
    [
      "a code in place of a message",
      "throw new Error('no server', { cause: Object.assign(new AggregateError([new Error('::1'), new Error('127.0.0.1')], ''), { code: 'ECONNREFUSED' }) });\n",
      ["Error: no server", "caused by AggregateError (ECONNREFUSED)", "- Error: ::1", "- Error: 127.0.0.1"],
      1,
    ],
    [
      "what it suppresses",
      "const end = { [Symbol.dispose]() { throw new Error('at the end'); } };\n{\n  using _ = end;\n  throw new Error('body');\n}\n",
      ["SuppressedError: An error was suppressed during disposal", "- Error: at the end", "- Error: body"],
      3,
    ],
    [
      "findings of a validator, which its message tells",
      "throw Object.assign(new Error('age is missing'), { errors: [{ path: 'age' }] });\n",
      ["Error: age is missing"],
      1,
    ],
    [
      "a circle",
      "const one = new Error('one');\none.cause = new Error('two', { cause: one });\nthrow one;\n",
      ["Error: one", "caused by Error: two", "caused by Error: one"],
      1,
    ],
  ])("what lies behind it: %s", async (_, code, lines, line) => {
    const failure = await bad(code);
    expect(failure).toMatchObject({ message: lines.join("\n"), place: { file: "steps/10_bad.ts", line } });
    expect(failure.stack ?? "").not.toContain(".stepbook");
  });

  test.each([
    ['await import("absent");\n', "Error: Cannot find package 'absent'", "npm install absent"],
    [
      'import { createRequire } from "node:module";\ncreateRequire(import.meta.url)("@of/absent/deep");\n',
      "Error: Cannot find module '@of/absent/deep'\nRequire stack:\n",
      "npm install @of/absent",
    ],
    [
      'import { createRequire } from "node:module";\ncreateRequire(import.meta.url)("./absent");\n',
      "Error: Cannot find module './absent'\nRequire stack:\n",
      undefined,
    ],
  ])("a package that is asked for and missing: %s", async (code, message, remedy) => {
    const failure = await bad(code);
    expect(failure.message).toContain(message);
    expect(failure.message).not.toContain(".stepbook");
    expect(failure.remedy).toBe(remedy);
  });

  test("in a timer, and as an unhandled rejection", async () => {
    expect(await bad('export const a = await new Promise(() => setTimeout(() => {\n  throw new Error("late");\n}, 1));\n')).toMatchObject({
      code: "E_STEP_THREW",
      message: "Error: late",
      place: { file: "steps/10_bad.ts", line: 2 },
    });
    project.dispose();
    expect(
      await bad('void Promise.reject(new Error("lost"));\nexport const a = await new Promise((r) => setTimeout(r, 50));\n'),
    ).toMatchObject({ message: "Error: lost" });
  });

  test("something that is not an Error", async () => {
    expect((await bad("throw 'a string';\n")).message).toContain("a string");
  });
});

describe("exports that are not data", () => {
  test.each([
    ["a function", "export const f = () => 1;\n", "f", "move it to lib/"],
    ["a function inside", "export const m = { deep: [{ f() {} }] };\n", "m.deep[0].f", "move it to lib/"],
    ["a class instance", "class P { x = 1 }\nexport const m = { p: new P() };\n", "m.p", "P"],
    ["a circular value", "const a: { me?: unknown } = {};\na.me = a;\nexport const c = a;\n", "c.me", "circular"],
    ["a promise", "export const p = Promise.resolve(1);\n", "p", "await"],
    ["a query that has not run", 'import { sql } from "stepbook";\nexport const q = sql`SELECT 1`;\n', "q", "await"],
    ["a symbol", "export const s = [Symbol('x')];\n", "s[0]", "symbol"],
  ])("%s", async (_, code, path, words) => {
    const failure = await bad(code);
    expect(failure.code).toBe("E_UNSTORABLE");
    expect(failure.message).toContain(path);
    expect(`${failure.message} ${failure.remedy}`).toContain(words);
  });

  test.each([
    ["declared", "export const a = 1;\nexport const\n  f = () => 1;\n", 3, 3],
    ["a function", "\nexport async function* f() {}\n", 2, 24],
    ["in a list", "const ff = 1;\nconst g = () => 1;\nexport {\n  ff,\n  g as f,\n};\n", 5, 8],
    ["taken apart", "export const { a, f } = { a: 1, f() {} };\n", 1, 19],
    ["a name with a sign", "export const f$ = 1;\nexport const f = () => f$;\n", 2, 14],
    ["by default", "export const f = 1;\nexport default () => f;\n", 2, 8],
  ])("the line that exports it is told: %s", async (_, code, line, column) => {
    expect((await bad(code)).place).toEqual({ file: "steps/10_bad.ts", line, column });
  });
});

describe("inputs are read-only", () => {
  const source =
    "export const list = [3, 1, 2];\nexport const map = new Map([[1, 2]]);\nexport const numbers = new Float64Array([1, 2, 3]);\n";

  test.each([
    ["sorting an array", "list.sort()", "E_STEP_THREW", "read only property"],
    ["setting in a map", "map.set(1, 3)", "E_STEP_THREW", "read-only: `source.map` is an output of another step"],
    ["writing to a typed array", "numbers[0] = 5", "E_INPUT_MUTATED", "source.numbers"],
  ])("%s", async (_, statement, code, message) => {
    project = new TestProject({
      "steps/10_source.ts": source,
      "steps/20_use.ts": `import { list, map, numbers } from "./10_source.ts";\n(${statement});\nexport const n = list.length + map.size + numbers.length;\n`,
    });
    const run = await project.run();
    const failure = failures(run)["20_use"]!;
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(message);
  });
});

describe("a process that does not end as it should", () => {
  test("process.exit", async () => {
    const failure = await bad("export const a = 1;\nprocess.exit(0);\n");
    expect(failure).toMatchObject({
      code: "E_STEP_EXIT",
      message: "10_bad called process.exit(0), so its exports were never stored",
      place: { file: "steps/10_bad.ts", line: 2 },
    });
  });

  test("an await that never settles", async () => {
    const failure = await bad("export const a = 1;\nawait new Promise(() => {});\n");
    expect(failure).toMatchObject({ code: "E_STEP_UNSETTLED", message: expect.stringContaining("never settles") });
  });

  test("what the module did not await is still seen", async () => {
    project = new TestProject({
      "steps/10_late.ts":
        'import { writeFile } from "node:fs/promises";\nvoid new Promise((r) => setTimeout(r, 20)).then(() => writeFile("late.txt", "x"));\nexport const a = 1;\n',
    });
    await project.run();
    expect(project.has("late.txt")).toBe(true);
    project.remove("late.txt");
    expect((await project.run()).steps["10_late"]?.reason).toBe("its output late.txt is gone");
  });

  test.each([
    [
      "killed",
      "process.kill(process.pid, 'SIGKILL');\nawait new Promise((r) => setTimeout(r, 60_000));\n",
      "E_STEP_KILLED",
      "killed by SIGKILL",
    ],
    ["aborted", "process.abort();\n", "E_STEP_KILLED", "killed by SIGABRT"],
    [
      "out of memory",
      "export const config = { memory: '64MB' };\nconst all: unknown[] = [];\nfor (;;) all.push(new Array(10_000).fill({}));\n",
      "E_STEP_MEMORY",
      "ran out of memory of 64 MiB",
    ],
    [
      "out of stack",
      "function f(): number {\n  return 1 + f();\n}\nexport const a = f();\n",
      "E_STEP_THREW",
      "Maximum call stack size exceeded",
    ],
    ["too slow", "export const config = { timeout: 300 };\nfor (;;);\n", "E_STEP_TIMEOUT", "longer than its timeout"],
  ])("%s", { timeout: 60_000 }, async (_, code, kind, message) => {
    const failure = await bad(code);
    expect(failure.code).toBe(kind);
    expect(failure.message).toContain(message);
  });
});

describe("data", () => {
  const read = 'import { csv } from "stepbook";\nexport const t = await csv("data/in.csv", { columns: { id: "BIGINT", x: "DOUBLE" } });\n';

  test("a CSV with a bad row: file, line, column, value", async () => {
    const failure = await bad(read, { "data/in.csv": "id,x\n1,2.5\n2,many\n3,1\n" });
    expect(failure.code).toBe("E_CSV");
    for (const words of ["data/in.csv", "3", "x", "many"]) expect(failure.message + JSON.stringify(failure.place)).toContain(words);
    expect(failure.place).toMatchObject({ file: "data/in.csv", line: 3 });
  });

  test("a missing column", async () => {
    const failure = await bad(read, { "data/in.csv": "id,y\n1,2\n" });
    expect(failure.code).toBe("E_CSV");
    expect(failure.message).toContain("x");
  });

  test("another encoding", async () => {
    project = new TestProject({ "steps/10_bad.ts": read });
    project.write("data/in.csv", Buffer.from("id,x\n1,2\n2,\xe9t\xe9\n", "latin1"));
    const failure = failures(await project.run())["10_bad"]!;
    expect(failure.code).toBe("E_CSV");
    expect(failure.message).toMatch(/UTF-8|encod/i);
  });

  test("an empty file, and none", async () => {
    expect((await bad(read, { "data/in.csv": "" })).message).toContain("empty");
    project.dispose();
    expect((await bad(read)).message).toContain("data/in.csv");
  });

  test("a failed check ends with 4; the rows that failed are shown and kept", async () => {
    project = new TestProject({
      "data/in.csv": "id,x\n1,2\n1,3\n2,-5\n",
      "steps/10_check.ts":
        'import { check, csv } from "stepbook";\nexport const t = await csv("data/in.csv", { columns: { id: "BIGINT", x: "DOUBLE" } });\nawait check(t, { unique: ["id"], range: { x: [0, 100] } });\n',
    });
    const run = await project.run();
    expect(run.code).toBe(4);
    const failure = failures(run)["10_check"]!;
    expect(failure).toMatchObject({ code: "E_CHECK", place: { file: "steps/10_check.ts", line: 3 } });
    expect(failure.message).toContain("-5");
    const kept = /all of them: (\S+\.parquet)/.exec(failure.message)?.[1];
    expect(project.has(kept!.replace(`${project.folder}/`, ""))).toBe(true);
  });

  test("SQL that is wrong", async () => {
    const failure = await bad('import { sql } from "stepbook";\n\nexport const t = await sql`SELECT nope FROM range(3)`;\n');
    expect(failure).toMatchObject({ code: "E_SQL", message: expect.stringContaining("nope"), place: { file: "steps/10_bad.ts", line: 3 } });
  });

  test("a param out of its range: before anything runs, or by the step where the range is computed", async () => {
    project = new TestProject({
      "steps/10_p.ts": 'import { param } from "stepbook";\nexport const k = param("k", 5, { min: 1, max: 25 });\n',
    });
    const refused = await project.run(["-p", "k=99"]);
    expect(refused.events).toMatchObject([{ type: "error", code: "E_PARAM_VALUE", param: "k", step: "10_p" }]);
    expect(refused.code).toBe(2);
    project.edit("steps/10_p.ts", "max: 25", 'max: Number("25")');
    const run = await project.run(["-p", "k=99"]);
    expect(failures(run)["10_p"]).toMatchObject({ code: "E_PARAM_VALUE", message: expect.stringContaining("99") });
    expect(run.code).toBe(2);
  });

  const recording = 'import { record } from "stepbook";\nrecord("experiments", { acuracy: 0.9 });\n';

  test.each([
    ["no experiments.sql", {}, "there is no experiments.sql"],
    [
      "an unknown column",
      { "experiments.sql": "CREATE TABLE experiments (experiment_id text PRIMARY KEY, accuracy double precision);" },
      'no column "acuracy"',
    ],
    [
      "a value that the table refuses",
      { "experiments.sql": "CREATE TABLE experiments (experiment_id text PRIMARY KEY, acuracy double precision CHECK (acuracy > 1));" },
      "CHECK constraint failed",
    ],
  ])("record with %s", async (_, files, message) => {
    const failure = await bad(recording, files, 3);
    expect(failure).toMatchObject({ code: "E_EXPERIMENTS_SQL", message: expect.stringContaining(message) });
  });

  test("record without a table proposes one that takes the row, and it does", async () => {
    const row = '{ alpha: 0.1, Kind: "b", seen: 3n, group: true }';
    const failure = await bad(`import { record } from "stepbook";\nrecord("fits", ${row});\n`, {}, 3);
    const proposed = /CREATE TABLE .*;/.exec(failure!.remedy!)![0];
    expect(proposed).toBe(
      'CREATE TABLE IF NOT EXISTS fits (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, alpha double precision, "Kind" text, seen bigint, "group" boolean);',
    );
    project.write("experiments.sql", "CREATE TABLE experiments (experiment_id text PRIMARY KEY);");
    expect(failures(await project.run())["10_bad"]?.remedy).toContain(proposed);
    project.write("experiments.sql", proposed);
    expect((await project.run()).code).toBe(0);
  });

  test("a wrong experiments.sql is told before anything runs", async () => {
    project = new TestProject({ "experiments.sql": "CREATE TABEL experiments (x text);", "steps/10_bad.ts": recording });
    const run = await project.run();
    expect(run.code).toBe(3);
    expect(run.stdout + run.stderr).toContain("experiments.sql: near");
    expect((await project.command(["runs", "--json"])).stdout).toBe("");
  });
});

describe("what goes on around a failure", () => {
  test("retries with back-off, each attempt in the log", async () => {
    project = new TestProject({
      "steps/10_flaky.ts": `import { appendFileSync, readFileSync } from "node:fs";
export const config = { retries: 3, retryDelay: 10 };
appendFileSync(process.env.COUNTER!, "x");
console.log("attempt");
if (readFileSync(process.env.COUNTER!, "utf8").length < 3) throw new Error("not yet");
export const a = 1;
`,
    });
    const run = await project.run([], { env: { COUNTER: `${project.folder}.count` } });
    expect(run.steps["10_flaky"]).toMatchObject({ status: "ran", attempts: 3 });
    expect(run.events.filter((event) => event.type === "step.retrying").map((event) => event.in)).toEqual([10, 20]);
    const { stdout } = await project.command(["logs", "last", "10_flaky"]);
    expect(stdout.match(/^attempt$/gm)).toHaveLength(3);
    expect(stdout).toContain("--- attempt 3 ---");
  });

  const branches = {
    "steps/10_bad.ts": 'throw new Error("no");\nexport const a = 1;\n',
    "steps/10_good.ts": "export const g = 1;\n",
    "steps/20_after_bad.ts": 'import { a } from "./10_bad.ts";\nexport const b = a;\n',
    "steps/30_after_good.ts": 'import { g } from "./10_good.ts";\nexport const c = g;\n',
  };

  test("--keep-going goes on with what does not depend on it", async () => {
    project = new TestProject(branches);
    const run = await project.run(["--keep-going"]);
    expect(run.code).toBe(1);
    expect(run.steps).toMatchObject({ "20_after_bad": { status: "skipped", reason: "10_bad failed" }, "30_after_good": { status: "ran" } });
  });

  test("the next run does not repeat what was done", async () => {
    project = new TestProject(branches);
    await project.run(["--keep-going"]);
    project.edit("steps/10_bad.ts", 'throw new Error("no");', "");
    expect((await project.run()).ran).toEqual(["10_bad", "20_after_bad"]);
  });

  test("one that cannot be written ends the run when the other steps have ended, and the run has failed", async () => {
    const come = 'import { existsSync, writeFileSync } from "node:fs";\n';
    project = new TestProject({
      "steps/10_long.ts": `${come}process.on("SIGTERM", () => {
  writeFileSync("asked", "");
  process.exit(1);
});
writeFileSync("come", "");
await new Promise((resolve) => setTimeout(resolve, 300_000));
`,
      "steps/10_bad.ts": `${come}while (!existsSync("come")) await new Promise((resolve) => setTimeout(resolve, 10));\nthrow new Error("no");\n`,
    });
    const db = openState(project.folder);
    db.exec(
      "CREATE TRIGGER refuses BEFORE INSERT ON run_steps WHEN NEW.status = 'failed' BEGIN SELECT RAISE(ABORT, 'it cannot be written'); END",
    );
    db.close();
    const run = await project.run(["--jobs", "2"]);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain("it cannot be written");
    expect(project.has("asked")).toBe(true);
    expect(JSON.parse((await project.command(["runs", "--json"])).stdout)).toMatchObject({ status: "failed" });
  });

  test("skip(reason) skips what follows and is not a failure", async () => {
    project = new TestProject({
      "steps/10_s.ts": 'import { skip } from "stepbook";\nif (process.argv.length > 0) skip("nothing new");\nexport const a = 1;\n',
      "steps/20_t.ts": 'import { a } from "./10_s.ts";\nexport const b = a;\n',
    });
    const run = await project.run();
    expect(run.code).toBe(0);
    expect(run.steps).toMatchObject({
      "10_s": { status: "skipped", reason: "nothing new" },
      "20_t": { status: "skipped", reason: "10_s was skipped" },
    });
  });

  test("naming steps runs those and what they need", async () => {
    project = new TestProject(branches);
    expect((await project.run(["30"])).ran).toEqual(["10_good", "30_after_good"]);
  });
});
