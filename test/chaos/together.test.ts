/** Two to eight runners, locks of owners that are gone or asleep, gc beside runs, inputs that change under a step's eyes. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { built } from "../rig/build.ts";
import { inMemory } from "../rig/memory.ts";
import { alive, signalTo } from "../rig/processes.ts";
import { finished, TestProject } from "../rig/project.ts";
import { hasStrace } from "../rig/strace.ts";
import { assertNoticed, assertSeen, changes } from "./changing.ts";
import { assertRecovered, files, newMarks } from "./three-steps.ts";
import { assertGcSpares, assertOneWorks, assertOwner, inTwoDays } from "./together.ts";
import { trials } from "./trials.ts";

inMemory();

const timeout = 6 * 3600_000;

test("of several runners in one folder one works; each step is executed once", { timeout }, async () => {
  await trials("together", async (nth, notes) => {
    const count = nth === 0 ? 3 : 2 + Math.floor(notes.random() * 7);
    await assertOneWorks(count);
  });
});

test("a dead owner's lock is taken over, whoever has its pid now; a suspended owner is not robbed", { timeout }, async () => {
  await trials("owners", (nth) => assertOwner((["dead", "pid reused", "suspended"] as const)[nth % 3]!));
});

test("gc beside runs spares what they need", { timeout }, async () => {
  await trials("gc", async (nth, { random }) => {
    if (nth % 2 === 0 || !hasStrace) await assertGcSpares(1 + Math.floor(random() * 3), random);
    else await stoppedWhileSwept(1 + Math.floor(random() * 400));
  });
});

/** A runner that reuses everything is stopped at its k-th openat, wherever that is; gc starts, and the runner goes on. */
async function stoppedWhileSwept(k: number): Promise<void> {
  const project = new TestProject(files);
  const marks = newMarks();
  try {
    expect((await project.run([], { env: marks })).code).toBe(0);
    const inject = `inject=openat:signal=SIGSTOP:when=${k}`;
    const run = spawn(
      "strace",
      ["-qq", "-o", "/dev/null", "-e", "trace=openat", "-e", inject, process.execPath, path.join(built, "bin.cjs"), "run", "--json"],
      {
        cwd: project.folder,
        env: { ...process.env, ...marks },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const ended = finished(run);
    // Stopped, or past its end where it opens fewer files. At times its first thread is stopped for strace and stays so: it does not move on.
    for (
      let held = 0;
      run.exitCode === null && !alive(marks.MARK, "T").length && held < 200;
      held = alive(marks.MARK, "t").length ? held + 1 : 0
    )
      await sleep(5);
    const gc = finished(project.start(["gc", "--keep", "0ms"], { env: { NODE_OPTIONS: inTwoDays, SWEEPER: marks.MARK } }));
    await Promise.race([gc, sleep(500)]);
    for (const pid of alive(marks.MARK, "Tt")) signalTo(pid, "SIGCONT");
    const [{ code, stdout }, swept] = await Promise.all([ended, gc]);
    expect(code, `stopped at openat ${k}: ${stdout}`).toBe(0);
    expect(swept.code, swept.stderr).toBe(0);
    await assertRecovered(project, marks, `gc while stopped at openat ${k}`);
  } finally {
    for (const pid of alive(marks.MARK)) signalTo(pid, "SIGKILL");
    rmSync(marks.COUNTER, { force: true });
    project.dispose();
  }
}

test("an input that changes while a step reads it, or right after, is seen by the next run", { timeout }, async () => {
  const sorts = Object.values(changes);
  await trials("changing", async (nth, { random }) => {
    const change = sorts[Math.floor(nth / 2) % sorts.length]!;
    await (nth % 2 === 0 ? assertSeen(change) : assertNoticed(change, random() * 100));
  });
});
