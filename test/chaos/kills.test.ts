/**
 * Kill sweeps: the runner or a step is killed at the k-th system call that reads or changes the project, and at random
 * moments. After each: no process of the run lives, the state is whole, what was committed is
 * not run again, and the next run gives what an untouched one gives.
 */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openState } from "../../src/record/state.ts";
import { inMemory } from "../rig/memory.ts";
import { signalTo } from "../rig/processes.ts";
import { finished, TestProject } from "../rig/project.ts";
import { calls, hasStrace, stepsTracedRun, tracedRun } from "../rig/strace.ts";
import { type Point, points } from "./points.ts";
import { files, recoversFrom, stepsOf } from "./three-steps.ts";
import { possible, shuffled, trials } from "./trials.ts";

inMemory();

const timeout = 6 * 3600_000;
const noStrace = hasStrace ? null : "no strace here, or it may not trace";

test("the runner is killed at the k-th system call", { timeout }, async () => {
  if (!possible("runnerCalls", noStrace) || !possible("runnerTwice", noStrace)) return;
  const all = await points(calls, tracedRun);
  await trials(
    "runnerCalls",
    async (nth, notes) => {
      const { call, k } = all[nth]!;
      notes.note = `${nth + 1} of ${all.length} points`;
      await recoversFrom(`killed at ${call} ${k}`, (project, env) => tracedRun(project, `${call}:signal=SIGKILL:when=${k}`, env));
    },
    all.length,
  );
  await trials("runnerTwice", async (_, { random }) => {
    const [first, second] = shuffled(all, random) as [Point, Point];
    await recoversFrom(`killed at ${first.call} ${first.k}, then at ${second.call} ${second.k}`, async (project, env) => {
      await tracedRun(project, `${first.call}:signal=SIGKILL:when=${first.k}`, env);
      await tracedRun(project, `${second.call}:signal=SIGKILL:when=${second.k}`, env);
    });
  });
});

test("a step is killed at the k-th system call of its process", { timeout }, async () => {
  if (!possible("stepCalls", noStrace)) return;
  const all = await points(calls, stepsTracedRun);
  let hit = 0;
  await trials(
    "stepCalls",
    async (nth, notes) => {
      const { call, k } = all[nth]!;
      await recoversFrom(`step killed at ${call} ${k}`, async (project, env) => {
        const run = await stepsTracedRun(project, `${call}:signal=SIGKILL:when=${k}`, env);
        if (run.code === 0) return;
        hit++;
        expect(run.stdout, `step killed at ${call} ${k}: it says so`).toMatch(/E_STEP_(KILLED|EXIT)/);
      });
      notes.note = `${nth + 1} of ${all.length} points, ${hit} ended the run`;
    },
    all.length,
  );
});

test("the runner is killed at a random moment", { timeout }, async () => {
  await trials("runnerRandom", async (_, { random }) => {
    const after = Math.round(random() * 2000);
    await recoversFrom(`killed after ${after} ms`, async (project, env) => {
      const child = project.start(["run", "--json"], { env });
      const ended = finished(child);
      await sleep(after);
      child.kill("SIGKILL");
      await ended;
    });
  });
});

test("a step is killed at a random moment: the run says so", { timeout }, async () => {
  let hit = 0;
  await trials("stepRandom", async (_, notes) => {
    const { random } = notes;
    await recoversFrom("step killed", async (project, env) => {
      const child = project.start(["run", "--json"], { env });
      const ended = finished(child);
      while (!existsSync(env.COUNTER)) await sleep(5);
      await sleep(random() * 50);
      const steps = stepsOf(env);
      for (const pid of steps) signalTo(pid, "SIGKILL");
      const { stdout, code } = await ended;
      if (code !== 0) expect(stdout).toContain("E_STEP_KILLED");
      if (steps.length > 0) hit++;
    });
    notes.note = `${hit} hit`;
  });
});

test("a state file that is opened again is synced at every commit", () => {
  const project = new TestProject(files);
  for (let i = 0; i < 2; i++) {
    const db = openState(project.folder);
    expect(db.pragma("synchronous", { simple: true })).toBe(2);
    expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
    db.close();
  }
  project.dispose();
});
