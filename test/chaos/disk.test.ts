/** The disk is full, or fails, at the k-th system call that changes the project: no success is told that is none, and the next run gives what an untouched one gives. */
import { expect, test } from "vitest";
import { inMemory } from "../rig/memory.ts";
import { type Call, hasStrace, tracedRun } from "../rig/strace.ts";
import { points } from "./points.ts";
import { committed, recoversFrom } from "./three-steps.ts";
import { possible, trials } from "./trials.ts";

inMemory();

const timeout = 6 * 3600_000;
const noStrace = hasStrace ? null : "no strace here, or it may not trace";

test.each([
  ["enospc", "ENOSPC", ["write", "pwrite64", "mkdir", "openat"]],
  ["eio", "EIO", ["pwrite64", "fsync", "fdatasync", "rename", "link"]],
] as const)("%s at the k-th system call: no success is told, nothing is harmed", { timeout }, async (row, error, of) => {
  if (!possible(row, noStrace)) return;
  // Its own words go by write, and Node's own code comes by openat: what it says then proves nothing.
  const silent = (call: Call) => call === "write" || call === "openat";
  const all = await points(of, tracedRun);
  let hit = 0;
  await trials(row, async (nth, notes) => {
    const { call, k } = all[nth]!;
    const what = `${error} at ${call} ${k}`;
    await recoversFrom(what, async (project, env) => {
      const run = await tracedRun(project, `${call}:error=${error}:when=${k}`, env);
      // What the run reports as done is kept whatever happened.
      if (run.code === 0) return expect(committed(project.folder), what).toEqual(["10_a", "20_b", "30_c"]);
      hit++;
      if (!silent(call)) expect(run.stdout + run.stderr, `${what}: it says why`).toMatch(/E_[A-Z_]+/);
    });
    notes.note = `${nth + 1} of ${all.length} points, ${hit} ended the run`;
  }, all.length);
});
