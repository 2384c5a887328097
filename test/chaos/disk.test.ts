/** The disk is full, or fails, at the k-th system call that changes the project, or no more files can be opened: no success is told that is none, and the next run gives what an untouched one gives. */
import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { inMemory } from "../rig/memory.ts";
import { finished } from "../rig/project.ts";
import { type Call, hasStrace, tracedRun } from "../rig/strace.ts";
import { points } from "./points.ts";
import { committed, recoversFrom } from "./three-steps.ts";
import { possible, randomFrom, seed, shuffled, trials } from "./trials.ts";

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
  await trials(
    row,
    async (nth, notes) => {
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
    },
    all.length,
  );
});

/** With fewer Node itself does not start; with more nothing is missed. */
const limits = Array.from({ length: 42 }, (_, i) => 19 + i);

test("no more files can be opened: the run ends and says so, nothing is harmed", { timeout }, async () => {
  const all = shuffled(limits, randomFrom(seed));
  let hit = 0;
  await trials(
    "files",
    async (nth, notes) => {
      const limit = all[nth]!;
      const what = `at most ${limit} open files`;
      await recoversFrom(what, async (project, env) => {
        const words = ["-c", `ulimit -n ${limit}; exec "$0" "$@"`, process.execPath, ...project.words(["run"])];
        const run = await finished(
          spawn("/bin/sh", words, {
            cwd: project.folder,
            env: { ...process.env, NO_COLOR: "1", CI: "1", ...env },
            stdio: ["ignore", "pipe", "pipe"],
            timeout: 60_000,
            killSignal: "SIGKILL",
          }),
        );
        expect(run.signal, `${what}: it ends by itself`).not.toBe("SIGKILL");
        if (run.code === 0) return expect(committed(project.folder), what).toEqual(["10_a", "20_b", "30_c"]);
        hit++;
        expect(run.stdout + run.stderr, `${what}: it says why`).toMatch(/E_FILE|EMFILE/);
        expect(run.stdout + run.stderr, what).not.toContain("E_INTERNAL");
      });
      notes.note = `${nth + 1} of ${all.length} limits, ${hit} ended the run`;
    },
    all.length,
  );
});
