/**
 * Kill sweeps: the runner is killed, or its disk fails, at the k-th write, fsync, rename, unlink or mkdir, and at
 * random moments; so is a step. After each: no process of the run lives, the state is whole, what was
 * committed is not run again, and the next run gives what an untouched one gives. CHAOS_KILLS says how many k
 * of each call are struck, `all` for every one; the quick version takes one.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openState } from "../../src/record/state.ts";
import { finished, TestProject } from "../rig/project.ts";
import { alive, type Call, calls, hasStrace, tracedRun } from "../rig/strace.ts";

const kills = process.env["CHAOS_KILLS"] ?? "1";
const randoms = Number(process.env["CHAOS_RANDOM_KILLS"] ?? 4);

if (!hasStrace) console.warn("SKIPPED: no strace here, so faults at the k-th system call are not tested");

/** Three steps that hand on values, a table-sized array and a model, and count their executions. */
const files = {
  "data/in.txt": "7",
  "steps/10_a.ts": `import { appendFileSync, readFileSync } from "node:fs";
appendFileSync(process.env.COUNTER!, "10_a\\n");
export const a = Number(readFileSync("data/in.txt", "utf8"));
export const rows = Float64Array.from({ length: 5000 }, (_, i) => i * a);
`,
  "steps/20_b.ts": `import { appendFileSync } from "node:fs";
import { saveModel } from "stepbook";
import { a, rows } from "./10_a.ts";
appendFileSync(process.env.COUNTER!, "20_b\\n");
export const b = rows.reduce((x, y) => x + y, a);
saveModel("m", { b });
`,
  "steps/30_c.ts": `import { appendFileSync } from "node:fs";
import { b } from "./20_b.ts";
appendFileSync(process.env.COUNTER!, "30_c\\n");
export const c = b / 2;
`,
};

let golden: Record<string, string>;
let made: Readonly<Record<string, number>>;
/** What each fault did, for the table of figures. */
const figures: Record<string, { trials: number; hit: number }> = {};

beforeAll(async () => {
  const project = new TestProject(files);
  const env = environment();
  const run = hasStrace ? tracedRun(project, null, env) : { made: {}, ...(await project.run([], { env })) };
  expect(run.code, run.stderr).toBe(0);
  made = run.made;
  golden = digests(project);
  project.dispose();
}, 120_000);

afterAll(() => console.log(`kill sweeps: ${JSON.stringify({ calls: made, figures })}`));

function environment(): { COUNTER: string; MARK: string } {
  const mark = randomUUID();
  return { COUNTER: path.join(tmpdir(), `stepbook-chaos-${process.pid}.count`), MARK: mark };
}

/** `step.export` → digest, of the newest record of each step. */
function digests(project: TestProject): Record<string, string> {
  const db = openState(project.folder);
  try {
    const rows = db.prepare("SELECT name, body FROM records WHERE id IN (SELECT max(id) FROM records GROUP BY name)").all() as { name: string; body: string }[];
    return Object.fromEntries(
      rows.flatMap(({ name, body }) => Object.entries((JSON.parse(body) as { artifacts: Record<string, { digest: string }> }).artifacts).map(([key, { digest }]) => [`${name}.${key}`, digest])),
    );
  } finally {
    db.close();
  }
}

/** Steps with a record, from a state that must be whole. */
function committed(project: TestProject): string[] {
  if (!existsSync(project.path(".stepbook/state.db"))) return [];
  const db = openState(project.folder);
  try {
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    return db.prepare("SELECT DISTINCT step FROM records ORDER BY step").pluck().all() as string[];
  } finally {
    db.close();
  }
}

/** Runs again after the fault, and compares with the untouched run. */
async function assertRecovered(project: TestProject, env: { COUNTER: string; MARK: string }, what: string): Promise<void> {
  const deadline = Date.now() + 5000;
  while (alive(env.MARK).length > 0 && Date.now() < deadline) await sleep(20);
  expect(alive(env.MARK), `${what}: no process of the run lives`).toEqual([]);
  const before = committed(project);
  const again = await project.run(["--no-wait"], { env });
  expect(again.code, `${what}: ${again.stderr}${again.stdout}`).toBe(0);
  expect(again.ran.filter((step) => before.includes(step)), `${what}: committed, and run again`).toEqual([]);
  expect(digests(project), what).toEqual(golden);
  expect(project.read("models/m/v1.json"), what).toContain('"b": ');
  expect(committed(project)).toEqual(["10_a", "20_b", "30_c"]);
  expect((await project.run([], { env })).ran, `${what}: then nothing is left to do`).toEqual([]);
}

async function trial(fault: string, what: string, strike: (project: TestProject, env: { COUNTER: string; MARK: string }) => Promise<boolean> | boolean): Promise<boolean> {
  const project = new TestProject(files);
  const env = environment();
  try {
    const hit = await strike(project, env);
    await assertRecovered(project, env, what);
    const figure = (figures[fault] ??= { trials: 0, hit: 0 });
    figure.trials++;
    if (hit) figure.hit++;
    return hit;
  } finally {
    rmSync(env.COUNTER, { force: true });
    project.dispose();
  }
}

/** Which k of a call are struck: all, or so many at even distances. */
function points(call: Call): number[] {
  const count = made[call] ?? 0;
  const few = kills === "all" ? count : Math.min(Number(kills), count);
  return [...new Set(Array.from({ length: few }, (_, i) => Math.max(1, Math.round(((i + 1) * count) / (few + (few < count ? 1 : 0))))))];
}

describe.skipIf(!hasStrace)("at the k-th system call of the runner", () => {
  test("SIGKILL", { timeout: 3600_000 }, async () => {
    for (const call of calls) {
      for (const k of points(call)) {
        await trial("SIGKILL", `killed at ${call} ${k}`, (project, env) => tracedRun(project, `${call}:signal=SIGKILL:when=${k}`, env).signal === "SIGKILL");
      }
    }
  });

  test("SIGKILL, and again during the recovery", { timeout: 3600_000 }, async () => {
    for (const call of kills === "1" ? (["pwrite64"] as const) : (["pwrite64", "fsync", "rename"] as const)) {
      for (const k of points(call)) {
        await trial("SIGKILL twice", `killed twice at ${call} ${k}`, (project, env) => {
          tracedRun(project, `${call}:signal=SIGKILL:when=${k}`, env);
          return tracedRun(project, `${call}:signal=SIGKILL:when=${Math.ceil(k / 2)}`, env).signal === "SIGKILL";
        });
      }
    }
  });

  test.each([["ENOSPC", ["pwrite64", "mkdir"]], ["EIO", ["pwrite64", "fsync", "rename"]]] as const)("%s: no success is told, nothing is harmed", { timeout: 3600_000 }, async (error, struck) => {
    for (const call of struck) {
      for (const k of points(call)) {
        await trial(error, `${error} at ${call} ${k}`, (project, env) => {
          const run = tracedRun(project, `${call}:error=${error}:when=${k}`, env);
          // What the run reports as done is kept whatever happened.
          if (run.code === 0) expect(committed(project), `${error} at ${call} ${k}`).toEqual(["10_a", "20_b", "30_c"]);
          else expect(run.stdout + run.stderr, `${error} at ${call} ${k}: it says why`).toMatch(/E_[A-Z_]+/);
          return run.code !== 0;
        });
      }
    }
  });
});

test("the runner is killed at a random moment", { timeout: 3600_000 }, async () => {
  for (let i = 0; i < randoms; i++) {
    const after = Math.round(Math.random() * 2000);
    await trial("runner, random", `killed after ${after} ms`, async (project, env) => {
      const child = project.start(["run", "--json"], { env });
      const ended = finished(child);
      await sleep(after);
      child.kill("SIGKILL");
      return (await ended).signal === "SIGKILL";
    });
  }
});

/** The runner's other child, the bundler's service, is none. */
function isStep(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("child");
  } catch {
    return false;
  }
}

/** It may have ended by itself since it was looked up. */
function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

test("a step is killed: the run says so, and the next one is whole", { timeout: 3600_000 }, async () => {
  for (let i = 0; i < Math.ceil(randoms / 2); i++) {
    await trial("step, random", "step killed", async (project, env) => {
      const child = project.start(["run", "--json"], { env });
      const ended = finished(child);
      while (!existsSync(env.COUNTER)) await sleep(5);
      await sleep(Math.random() * 50);
      for (const pid of alive(env.MARK).filter((each) => each !== child.pid && isStep(each))) killNow(pid);
      const { stdout, code } = await ended;
      if (code !== 0) expect(stdout).toContain("E_STEP_KILLED");
      return code !== 0;
    });
  }
});

test("a state file that is opened again is synced at every commit", async () => {
  const project = new TestProject(files);
  for (let i = 0; i < 2; i++) {
    const db = openState(project.folder);
    expect(db.pragma("synchronous", { simple: true })).toBe(2);
    expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
    db.close();
  }
  const log = readFileSync("src/record/experiments.ts", "utf8");
  expect(log, "the results file too").toContain('db.pragma("synchronous = FULL")');
  project.dispose();
});
