/** The pipeline that is killed in the sweeps, and what must be so after each fault. */
import { randomUUID } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { openState } from "../../src/record/state.ts";
import { TestProject } from "../rig/project.ts";
import { alive, commandLine } from "../rig/processes.ts";

/** Three steps that hand on values, an array of 40 kB and a model, and count their executions. */
export const files: Readonly<Record<string, string>> = {
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

const steps = ["10_a", "20_b", "30_c"];

/** Where the steps count, outside of the project; and a mark by which the processes of a run are found. */
export type Marks = { readonly COUNTER: string; readonly MARK: string };

// Files for a while are not outputs of a step; elsewhere they would be.
const temporary = tmpdir();

export function newMarks(): Marks {
  const mark = randomUUID();
  return { COUNTER: path.join(temporary, `stepbook-chaos-${mark}.count`), MARK: mark };
}

/** Processes of steps; the runner's other children, the bundler's service and the guard, are none. */
export function stepsOf({ MARK }: Marks): number[] {
  return alive(MARK).filter((pid) => /child\.[cm]?js/.test(commandLine(pid)));
}

/** `step.export` → digest, of what the newest run made or used. */
export function digests(folder: string): Record<string, string> {
  const db = openState(folder);
  try {
    const rows = db
      .prepare(
        "SELECT name, body FROM records WHERE id IN (SELECT record FROM run_steps WHERE run = (SELECT id FROM runs ORDER BY rowid DESC LIMIT 1))",
      )
      .all() as { name: string; body: string }[];
    return Object.fromEntries(
      rows.flatMap(({ name, body }) =>
        Object.entries((JSON.parse(body) as { artifacts: Record<string, { digest: string }> }).artifacts).map(([key, { digest }]) => [
          `${name}.${key}`,
          digest,
        ]),
      ),
    );
  } finally {
    db.close();
  }
}

/** Steps with a record, from a state that must be whole. */
export function committed(folder: string): string[] {
  if (!existsSync(path.join(folder, ".stepbook/state.db"))) return [];
  const db = openState(folder);
  try {
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    return db.prepare("SELECT DISTINCT step FROM records ORDER BY step").pluck().all() as string[];
  } finally {
    db.close();
  }
}

let known: Record<string, string> | undefined;

/** Digests of a run that nothing befell. */
export async function golden(): Promise<Record<string, string>> {
  if (known) return known;
  const project = new TestProject(files);
  const marks = newMarks();
  const run = await project.run([], { env: marks });
  expect(run.code, run.stderr).toBe(0);
  known = digests(project.folder);
  rmSync(marks.COUNTER, { force: true });
  project.dispose();
  return known;
}

/** No process of the run lives, 5 s after its end at the latest. */
export async function assertNoneAlive(mark: string, what: string): Promise<void> {
  const deadline = Date.now() + 5000;
  while (alive(mark).length > 0 && Date.now() < deadline) await sleep(20);
  const pids = alive(mark);
  const left = pids.map((pid) => `${pid} ${commandLine(pid)}`);
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It went by itself, too late.
    }
  }
  expect(left, `${what}: no process of the run lives`).toEqual([]);
}

/** Runs again after the fault, and compares with the untouched run. */
export async function assertRecovered(project: TestProject, marks: Marks, what: string): Promise<void> {
  await assertNoneAlive(marks.MARK, what);
  const before = committed(project.folder);
  const again = await project.run(["--no-wait"], { env: marks });
  expect(again.code, `${what}: ${again.stderr}${again.stdout}`).toBe(0);
  expect(
    again.ran.filter((step) => before.includes(step)),
    `${what}: committed, and run again`,
  ).toEqual([]);
  expect(digests(project.folder), what).toEqual(await golden());
  expect(project.read("models/m/v1.json"), what).toContain('"b": ');
  expect(committed(project.folder), what).toEqual(steps);
  expect((await project.run([], { env: marks })).ran, `${what}: then nothing is left to do`).toEqual([]);
}

/** One trial: the fault in a fresh project, then all that must be so. */
export async function recoversFrom(
  what: string,
  strike: (project: TestProject, marks: Marks) => Promise<unknown> | unknown,
): Promise<void> {
  const project = new TestProject(files);
  const marks = newMarks();
  try {
    await strike(project, marks);
    await assertRecovered(project, marks, what);
  } finally {
    rmSync(marks.COUNTER, { force: true });
    project.dispose();
  }
}
