/** What these tests prove is worth what they would notice: each fault that is put into the engine makes its check fail. */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openState } from "../../src/record/state.ts";
import type { Sabotage } from "../../src/sabotage.ts";
import { inMemory } from "../rig/memory.ts";
import { finished, TestProject } from "../rig/project.ts";
import { hasStrace, tracedRun } from "../rig/strace.ts";
import { assertNoticed, assertSeen, changes } from "./changing.ts";
import { assertOrder } from "./order.ts";
import { assertOrphansEnd, untilThere } from "./orphans.ts";
import { newMarks } from "./three-steps.ts";
import { assertGcSpares, assertOneWorks } from "./together.ts";
import { isRelease, messageOf, randomFrom, seed, tell } from "./trials.ts";

inMemory();

type Check = (env: NodeJS.ProcessEnv) => Promise<unknown>;

/** A step reads a param and a file through another one; after a change the values must be those of a clean run. */
const reused =
  (change: (project: TestProject) => void, expected: string): Check =>
  async (env) => {
    const project = new TestProject({
      "data/in.txt": "1",
      "steps/10_a.ts": 'import { readFileSync } from "node:fs";\nexport const a = readFileSync("data/in.txt", "utf8").trim();\n',
      "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a + "!";\n',
    });
    try {
      expect((await project.run([], { env })).code).toBe(0);
      change(project);
      expect((await project.run([], { env })).code).toBe(0);
      expect(await project.value("20_b.b")).toBe(expected);
    } finally {
      project.dispose();
    }
  };

/** An artifact is replaced by another one: it must be made anew. */
const swapped: Check = async (env) => {
  const project = new TestProject({
    "steps/10_a.ts": "export const a = 1;\nexport const z = 2;\n",
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a;\n',
  });
  try {
    expect((await project.run([], { env })).code).toBe(0);
    const store = project.path(".stepbook/store");
    const [one, ...others] = readdirSync(store, { recursive: true, encoding: "utf8" })
      .map((name) => path.join(store, name))
      .filter((file) => statSync(file).isFile());
    for (const other of others) copyFileSync(one!, other);
    expect((await project.run([], { env })).ran).not.toEqual([]);
  } finally {
    project.dispose();
  }
};

/** The digest in a record is another artifact's, which is there and intact. */
const forged: Check = async (env) => {
  const project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n", "steps/20_b.ts": "export const b = 2;\n" });
  try {
    expect((await project.run([], { env })).code).toBe(0);
    const db = openState(project.folder);
    const digest = (name: string) => `(SELECT json_extract(body, '$.artifacts.${name}.digest') FROM records WHERE name = '${name}')`;
    db.exec(`UPDATE records SET body = replace(body, ${digest("a")}, ${digest("b")}) WHERE name = 'a'`);
    db.close();
    expect((await project.run([], { env })).ran).toEqual(["10_a"]);
  } finally {
    project.dispose();
  }
};

/** A secret that a step prints is nowhere. */
const masked: Check = async (env) => {
  const secret = "canary-4711-of-the-tests";
  const project = new TestProject({
    "steps/10_a.ts": 'import { secret } from "stepbook";\nconsole.log("token", String(secret("CANARY")));\nexport const a = 1;\n',
  });
  try {
    const { code, stdout, stderr } = await project.run([], { env: { ...env, CANARY: secret } });
    expect(code, stderr + stdout).toBe(0);
    const kept = project.path(".stepbook");
    const files = readdirSync(kept, { recursive: true, encoding: "utf8" })
      .map((name) => path.join(kept, name))
      .filter((file) => statSync(file).isFile());
    expect([stdout + stderr, ...files.map((file) => readFileSync(file, "latin1"))].filter((text) => text.includes(secret))).toEqual([]);
  } finally {
    project.dispose();
  }
};

/** A step that ends without having stored anything is not a success. */
const early: Check = async (env) => {
  const project = new TestProject({ "steps/10_a.ts": "process.reallyExit(0);\nexport const a = 1;\n" });
  try {
    expect((await project.run([], { env })).code).toBe(1);
  } finally {
    project.dispose();
  }
};

/** A killed run is marked as interrupted by the next one, and what it had staged goes. */
const resumed: Check = async (env) => {
  const project = new TestProject({
    "steps/10_a.ts":
      'import { writeFileSync } from "node:fs";\nwriteFileSync(process.env.COUNTER!, "here");\nif (process.env.HANG) await new Promise((resolve) => setTimeout(resolve, 60_000));\nexport const a = 1;\n',
  });
  const marks = newMarks();
  try {
    const child = project.start(["run"], { env: { ...env, ...marks, HANG: "1" } });
    const ended = finished(child);
    await untilThere(marks.COUNTER, () => child.exitCode !== null);
    child.kill("SIGKILL");
    await ended;
    expect((await project.run([], { env: { ...env, ...marks } })).code).toBe(0);
    const db = openState(project.folder);
    const statuses = db.prepare("SELECT status FROM runs ORDER BY rowid").pluck().all();
    db.close();
    expect(statuses).toEqual(["interrupted", "succeeded"]);
    const staging = project.path(".stepbook/staging");
    expect(existsSync(staging) ? readdirSync(staging) : []).toEqual([]);
  } finally {
    rmSync(marks.COUNTER, { force: true });
    project.dispose();
  }
};

/** Wherever the runner is killed around a commit: a step that counts as run has its row. */
const rowKept: Check = async (env) => {
  const files = {
    "experiments.sql": "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, a integer);\n",
    "steps/10_a.ts": 'import { record } from "stepbook";\nrecord("experiments", { a: 1 });\nexport const a = 1;\n',
  };
  const counting = new TestProject(files);
  const { made, code, stderr, stdout } = await tracedRun(counting, null, env);
  counting.dispose();
  expect(code, stderr + stdout).toBe(0);
  const most = made["fsync"]! + made["fdatasync"]!;
  // The last ones belong to the run's own end; in the quick version they are left out.
  for (let k = isRelease ? most : most - 6; k > most - 20 && k > 0; k--) {
    const project = new TestProject(files);
    try {
      await tracedRun(project, `fsync:signal=SIGKILL:when=${k}`, env);
      if (!existsSync(project.path(".stepbook/state.db"))) continue;
      const db = openState(project.folder);
      const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
      const [records, rows] = [count("records"), count("outbox")];
      db.close();
      expect(rows, `killed at fsync ${k}`).toBe(records);
    } finally {
      project.dispose();
    }
  }
};

const edit = (text: string) => (project: TestProject) => project.write("data/in.txt", text);

const checks: Readonly<Record<Sabotage, readonly [by: string, check: Check]>> = {
  "no-dir-fsync": ["the order of system calls", assertOrder],
  "no-file-fsync": ["the order of system calls", assertOrder],
  "sqlite-normal": ["the order of system calls", assertOrder],
  "write-in-place": ["the order of system calls", assertOrder],
  "commit-before-bytes": ["the order of system calls", assertOrder],
  "no-digest-check": ["artifacts swapped", swapped],
  "no-record-check": ["record forged in the database", forged],
  "mask-off": ["secret printed", masked],
  "no-lifeline": ["runner killed, step busy", (env) => assertOrphansEnd(true, env)],
  "lock-ignored": ["runners in one folder", (env) => assertOneWorks(3, env)],
  "stat-only": ["input changed between runs, times set back", (env) => assertNoticed(changes["in place, its times set back"]!, 0, env)],
  "no-second-look": ["input changed while it is read", (env) => assertSeen(changes["in place"]!, env)],
  "lookup-ignores-inputs": ["incremental against clean", reused(edit("2"), "2!")],
  "reuse-ignores-files": ["incremental against clean", reused(edit("2"), "2!")],
  "gc-ignores-roots": ["gc beside runs", (env) => assertGcSpares(0, randomFrom(seed), env)],
  "exit-zero-is-success": ["step that exits early with 0", early],
  "resume-forgets": ["runner killed, then recovery", resumed],
  "outbox-outside-transaction": ["runner killed at each sync of a commit", rowKept],
};

const needsStrace: readonly Check[] = [assertOrder, rowKept];

test.each(Object.entries(checks))("%s is noticed", { timeout: 600_000 }, async (name, [by, check]) => {
  if (!hasStrace && needsStrace.includes(check)) return console.warn(`NOT POSSIBLE HERE: ${name}: no strace`);
  let first: string | null = null;
  try {
    await check({ STEPBOOK_SABOTAGE: name });
  } catch (error) {
    // Only a check that fails has noticed anything.
    if (!(error instanceof Error) || error.name !== "AssertionError") throw error;
    first = messageOf(error);
  }
  tell({ kind: "sabotage", name, caught: first !== null, by });
  expect(first, "the check fails").not.toBeNull();
});

test("without a fault the same checks pass", { timeout: 600_000 }, async () => {
  for (const check of [swapped, forged, masked, early, resumed, reused(edit("2"), "2!"), ...(hasStrace && isRelease ? [rowKept] : [])])
    await check({});
});
