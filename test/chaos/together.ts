/** Several at once in one folder: what must be so however they meet. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { openState } from "../../src/record/state.ts";
import { finished, TestProject } from "../rig/project.ts";
import { untilThere } from "./orphans.ts";
import { digests, files, golden, newMarks } from "./three-steps.ts";

/** So many runners are started at once: one works, the others wait or refuse, and each step is executed once. */
export async function assertOneWorks(count: number, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const project = new TestProject(files);
  const marks = newMarks();
  try {
    const runs = await Promise.all(
      Array.from({ length: count }, (_, i) => project.run(i % 3 === 2 ? ["--no-wait"] : [], { env: { ...env, ...marks } })),
    );
    for (const run of runs) {
      expect(run.stdout + run.stderr).not.toMatch(/database is locked|SQLITE_BUSY/);
      if (run.code !== 0) expect(run.stdout + run.stderr, `exit ${run.code}`).toContain("E_LOCKED");
    }
    expect(runs.filter(({ code }) => code === 0).length).toBeGreaterThanOrEqual(Math.ceil(count / 3));
    const executed = readFileSync(marks.COUNTER, "utf8").trim().split("\n").sort();
    expect(executed, "each step is executed once").toEqual(["10_a", "20_b", "30_c"]);
    expect(digests(project.folder)).toEqual(await golden());
  } finally {
    rmSync(marks.COUNTER, { force: true });
    project.dispose();
  }
}

/** A step that waits until it may go on. */
const waiting = {
  "steps/10_a.ts": `import { existsSync, writeFileSync } from "node:fs";
writeFileSync(process.env.COUNTER!, "here");
while (!existsSync(process.env.COUNTER + ".go")) await new Promise((resolve) => setTimeout(resolve, 10));
export const a = 1;
`,
};

export type Owner = "dead" | "pid reused" | "suspended";

/** A lock is left, or held: a dead owner's is taken over at once, whoever has its pid now; a sleeping one is not robbed. */
export async function assertOwner(owner: Owner, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const project = new TestProject(waiting);
  const marks = newMarks();
  const first = project.start(["run"], { env: { ...env, ...marks } });
  const ended = finished(first);
  try {
    await untilThere(marks.COUNTER, () => first.exitCode !== null);
    first.kill(owner === "suspended" ? "SIGSTOP" : "SIGKILL");
    if (owner !== "suspended") await ended;
    if (owner === "pid reused") reusePid(project);
    const second = await project.run(["--no-wait"], { env: { ...env, ...marks, COUNTER: mayGo(`${marks.COUNTER}.2`) } });
    if (owner !== "suspended") return expect(second.code, `${owner}: ${second.stdout}`).toBe(0);
    expect(second.stdout, "a suspended owner is not robbed").toContain("E_LOCKED");
    mayGo(marks.COUNTER);
    first.kill("SIGCONT");
    expect((await ended).code, "and goes on").toBe(0);
  } finally {
    first.kill("SIGKILL");
    for (const end of ["", ".go", ".2", ".2.go"]) rmSync(marks.COUNTER + end, { force: true });
    project.dispose();
  }
}

/** The step that reports in this file does not wait any more. */
function mayGo(file: string): string {
  writeFileSync(`${file}.go`, "");
  return file;
}

/** The lock names a process that lives, but was started at another time: this one. */
function reusePid(project: TestProject): void {
  const db = openState(project.folder);
  try {
    db.prepare("UPDATE lock SET pid = ?").run(process.pid);
  } finally {
    db.close();
  }
}

/** gc with a clock two days ahead, so that nothing is too young to go, beside a run; or while a run is stopped. */
export const inTwoDays = `--import=data:text/javascript,${encodeURIComponent("const now = Date.now.bind(Date); Date.now = () => now() + 2 * 86400000;")}`;

/** Runs and gc take turns at random: what newest results need stays, and no run fails for want of it. */
export async function assertGcSpares(rounds: number, random: () => number, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const project = new TestProject(files);
  const marks = newMarks();
  try {
    await project.run([], { env: { ...env, ...marks } });
    for (let i = 0; i < rounds; i++) {
      // What the results rest on changes and comes back, so that old objects are wanted again.
      project.write("data/in.txt", String(7 + Math.floor(random() * 2)));
      const gc = () => project.command(["gc", "--keep", "0ms"], { env: { ...env, NODE_OPTIONS: inTwoDays } });
      const run = () => project.run([], { env: { ...env, ...marks } });
      const [ran, swept] = await Promise.all([sleep(random() * 300).then(run), sleep(random() * 300).then(gc)]);
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(swept.code, swept.stderr).toBe(0);
    }
    project.write("data/in.txt", "7");
    expect((await project.run([], { env: { ...env, ...marks } })).code).toBe(0);
    const swept = await project.command(["gc", "--keep", "0ms"], { env: { ...env, NODE_OPTIONS: inTwoDays } });
    expect(swept.code, swept.stderr).toBe(0);
    const last = await project.run([], { env: { ...env, ...marks } });
    expect(last.ran, "what the newest run needs is spared").toEqual([]);
    expect(digests(project.folder)).toEqual(await golden());
  } finally {
    rmSync(marks.COUNTER, { force: true });
    project.dispose();
  }
}
