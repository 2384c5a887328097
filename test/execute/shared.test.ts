import { afterEach, describe, expect, test } from "vitest";
import type { Event } from "../../src/events.ts";
import { type RunResult, TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

const shared = 'export const config = { isolation: "shared", cache: true };\n';
const pid = 'console.log("pid", process.pid);\n';

function lines(run: RunResult, step: string): string[] {
  return run.events.flatMap((event: Event) =>
    event.type === "step.output" && event.step === step ? [`${event.stream} ${event.line}`] : [],
  );
}

/** The process that ran the step, as it printed it. */
function pidOf(run: RunResult, step: string): number {
  return Number(
    lines(run, step)
      .find((line) => line.includes("pid"))
      ?.split(" ")
      .at(-1),
  );
}

test("steps of one process: each with its own code, reads, output and results, reused like any other", async () => {
  const reading = (name: string) =>
    `import { readFileSync } from "node:fs";\nimport { param } from "stepbook";\nimport { next } from "../lib/count.ts";\n${shared}${pid}console.log("${name} says");\nconsole.error("${name} warns");\nprocess.stdout.write("no end of line");\nexport const out = [readFileSync("${name}.txt", "utf8"), param("${name}", 1), process.env.SHARED_${name.toUpperCase()} ?? "", next()];\n`;
  project = new TestProject({
    "lib/count.ts": "let count = 0;\nexport const next = () => ++count;\n",
    "steps/10_a.ts": reading("a"),
    "steps/20_b.ts": `import { out as a } from "./10_a.ts";\n${reading("b")}export const both = a.length;\n`,
    "steps/30_c.ts": `import "./20_b.ts";\n${reading("c")}`,
    "a.txt": "A",
    "b.txt": "B",
    "c.txt": "C",
  });
  const first = await project.run(["--jobs", "1"]);
  expect(first.code, first.stderr).toBe(0);
  expect(new Set(["10_a", "20_b", "30_c"].map((step) => pidOf(first, step))).size).toBe(1);
  for (const [i, name] of ["a", "b", "c"].entries()) {
    const step = `${(i + 1) * 10}_${name}`;
    // A module's state is the step's own.
    expect(await project.value(`${step}.out`)).toEqual([name.toUpperCase(), 1, "", 1]);
    expect(
      lines(first, step)
        .filter((line) => !line.includes("pid"))
        .sort(),
    ).toEqual([`stderr ${name} warns`, `stdout ${name} says`, "stdout no end of line"]);
  }
  expect((await project.run()).ran).toEqual([]);
  project.write("b.txt", "BB");
  expect((await project.run()).ran).toEqual(["20_b"]);
  expect((await project.run(["-p", "c=2"])).ran).toEqual(["30_c"]);
  expect((await project.run(["-p", "c=2"], { env: { SHARED_C: "1" } })).ran).toEqual(["30_c"]);
  // Where it ran is not a part of the result.
  project.edit("steps/20_b.ts", '"shared"', '"process"');
  expect((await project.run(["-p", "c=2"], { env: { SHARED_C: "1" } })).ran).toEqual([]);
}, 240_000);

describe("a step that leaves a mark on its process has no successor in it", () => {
  const marks: Record<string, string> = {
    global: "(globalThis as { mark?: number }).mark = 1;",
    "replaced global": "globalThis.structuredClone = () => 1 as never;",
    prototype: "(Array.prototype as unknown as { mark: number }).mark = 1;",
    "replaced method": "Array.prototype.at = () => 1;",
    "method of fs": 'import fs from "node:fs";\nfs.existsSync = () => true;',
    environment: "process.env.SHARED_MARK = '1';",
    "environment and back": "process.env.SHARED_MARK = '1';\ndelete process.env.SHARED_MARK;",
    folder: 'process.chdir("steps");',
    listener: 'process.on("warning", () => {});',
    "exit code": "process.exitCode = 0;",
    "timer that nobody waits for": "setInterval(() => {}, 100).unref();",
    "timer of promises that nobody waits for":
      'import { setTimeout as sleep } from "node:timers/promises";\nvoid sleep(300, null, { ref: false });',
    timer: "setInterval(() => {}, 240_000);\nexport const a = 1;",
    require: 'import { createRequire } from "node:module";\ncreateRequire(import.meta.url)("../data.json");',
    subprocess: 'import { execSync } from "node:child_process";\nexecSync("true");',
    secret: 'import { secret } from "stepbook";\nsecret("SHARED_SECRET");',
  };
  test("none of them", async () => {
    const names = Object.keys(marks);
    const files = names.map((name, i): [string, string] => [
      `steps/${10 + i}_m.ts`.replace("_m", `_m${i}`),
      `${marks[name]}\n${shared}${pid}`,
    ]);
    project = new TestProject({
      ...Object.fromEntries(files),
      "data.json": "1",
      "steps/90_last.ts": `${shared}${pid}`,
      "steps/91_last.ts": `${shared}${pid}`,
    });
    const run = await project.run(["--jobs", "1"], { env: { SHARED_SECRET: "canary-of-the-shared" } });
    expect(run.code, run.stderr).toBe(0);
    expect(new Set(names.map((_, i) => pidOf(run, `${10 + i}_m${i}`))).size).toBe(names.length);
    expect(pidOf(run, "90_last")).toBe(pidOf(run, "91_last"));
  }, 240_000);
});

test("a crash, an error, a time-out and a skip concern the step at hand; a limit of memory is a process's own", async () => {
  const config = (more: string) => `export const config = { isolation: "shared", cache: true${more} };\n${pid}`;
  project = new TestProject({
    "steps/10_a.ts": config(""),
    "steps/20_abort.ts": `${config("")}process.kill(process.pid, "SIGKILL");\nawait new Promise((resolve) => setTimeout(resolve, 10_000));\n`,
    "steps/30_b.ts": config(""),
    "steps/40_throws.ts": `${config("")}console.log("last words");\nthrow new Error("no");\n`,
    "steps/50_slow.ts": `${config(", timeout: 300")}for (;;);\n`,
    "steps/60_skips.ts": `import { skip } from "stepbook";\n${config("")}skip("not today");\n`,
    "steps/70_own.ts": config(', memory: "256MB"'),
    "steps/80_c.ts": config(""),
    "steps/90_d.ts": config(""),
  });
  // Unwired scripts wait for each other; each goes on where another fails.
  const run = await project.run(["--jobs", "1", "--keep-going"]);
  const failures = Object.fromEntries(
    run.events.flatMap((event) => (event.type === "step.failed" ? [[event.step, event.failure.code]] : [])),
  );
  expect(failures).toEqual({ "20_abort": "E_STEP_KILLED", "40_throws": "E_STEP_THREW", "50_slow": "E_STEP_TIMEOUT" });
  expect(run.steps["60_skips"]?.status).toBe("skipped");
  expect(lines(run, "40_throws").at(-1)).toBe("stdout last words");
  expect(run.ran).toEqual(["10_a", "30_b", "70_own", "80_c", "90_d"]);
  const pids = ["10_a", "30_b", "70_own", "80_c", "90_d"].map((step) => pidOf(run, step));
  expect(new Set(pids).size).toBe(4);
  expect(pids[3]).toBe(pids[4]);
}, 240_000);

test("tables: DuckDB is loaded once, each step has its own of it", async () => {
  project = new TestProject({
    "steps/10_a.ts": `import { sql } from "stepbook";\n${shared}${pid}await sql\`CREATE TABLE mine AS SELECT 1 AS x\`;\nexport const t = await sql\`SELECT * FROM range(5) r(x)\`;\n`,
    "steps/20_b.ts": `import { csv, sql } from "stepbook";\nimport { t } from "./10_a.ts";\n${shared}${pid}export const names = (await sql\`SELECT table_name FROM information_schema.tables\`.rows()).length;\nexport const sum = await sql\`SELECT sum(x)::INTEGER AS s FROM \${t}\`.rows();\nexport const file = (await csv("data.csv")).count;\n`,
    "data.csv": "a\n1\n2\n",
  });
  const run = await project.run(["--jobs", "1"]);
  expect(run.code, run.stderr).toBe(0);
  expect(await project.value("20_b.names")).toBe(0);
  expect(await project.value("20_b.sum")).toEqual([{ s: 10 }]);
  expect(pidOf(run, "10_a")).toBe(pidOf(run, "20_b"));
  project.write("data.csv", "a\n1\n");
  expect((await project.run()).ran).toEqual(["20_b"]);
}, 240_000);

test("a word that is none", async () => {
  project = new TestProject({ "steps/10_a.ts": 'export const config = { isolation: "thread" };\nexport const a = 1;\n' });
  const run = await project.run();
  expect(run.code).toBe(3);
  expect(run.stderr + run.stdout).toContain('it takes \\"process\\" or \\"shared\\"');
});
