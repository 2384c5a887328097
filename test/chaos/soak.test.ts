/** One scheduler process makes run after run: memory, open files, processes and the state file do not grow with them. */
import { readdirSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openState } from "../../src/record/state.ts";
import { Scheduled, scheduled } from "../schedule/rig.ts";
import { inMemory } from "../rig/memory.ts";
import { childrenOf, memory } from "../rig/processes.ts";
import { isRelease, trials } from "./trials.ts";
import { rows } from "./sizes.ts";

inMemory();

const minute = 60_000;
/** Runs until what is loaded, compiled and reserved once is there: the memory rises by some megabytes until then, and stays. */
const warm = 3000;

/** Samples, one in 100 runs, before a slope says something: the memory moves by some megabytes up and down. */
const enough = 40;

interface Sample {
  readonly runs: number;
  readonly megabytes: number;
  readonly open: number;
  readonly wal: number;
}

test("a scheduler that makes run after run does not grow", { timeout: 6 * 3600_000 }, async () => {
  const wanted = rows.soak[isRelease ? "release" : "quick"];
  const project = scheduled('train: { cron: "* * * * *", catchUp: "all" }', {
    "data/in.txt": "0",
    "steps/10_read.ts":
      'import { readFileSync } from "node:fs";\nexport const config = { isolation: "shared" };\nexport const read = readFileSync("data/in.txt", "utf8");\n',
    "steps/20_use.ts":
      'import { read } from "./10_read.ts";\nexport const config = { isolation: "shared" };\nexport const used = read.length;\n',
  });
  const once = new Scheduled(project, ["--once", "--no-ui"]);
  await new Promise((resolve) => once.child.once("close", resolve));
  const db = openState(project.folder);
  db.prepare("UPDATE schedules SET seen = ?").run(Date.now() - (wanted + 5) * minute);
  db.close();
  const scheduler = new Scheduled(project, ["--no-ui"]);
  const state = new Database(project.path(".stepbook/state.db"), { readonly: true });
  const succeeded = state.prepare("SELECT count(*) FROM slots WHERE status = 'succeeded'").pluck();
  const samples: Sample[] = [];
  try {
    await trials("soak", async (nth, notes) => {
      // A run in 200 has something to do; the others look whether they have.
      if (nth % 200 === 0) project.write("data/in.txt", String(nth));
      while ((succeeded.get() as number) <= nth) {
        expect(scheduler.child.exitCode, scheduler.text.slice(-2000)).toBeNull();
        await sleep(20);
      }
      if (nth % 100 !== 99 && nth !== wanted - 1) return;
      const pid = scheduler.child.pid!;
      expect(
        childrenOf(pid).filter(({ state: its }) => its === "Z"),
        `zombies after ${nth + 1} runs`,
      ).toEqual([]);
      samples.push({
        runs: nth + 1,
        megabytes: memory(pid, "VmRSS"),
        open: readdirSync(`/proc/${pid}/fd`).length,
        wal: statSync(project.path(".stepbook/state.db-wal")).size / 1e6,
      });
      notes.note = assertLevel(samples);
    });
    expect(await scheduler.end()).toBe(0);
  } finally {
    scheduler.child.kill("SIGKILL");
    state.close();
    project.dispose();
  }
});

/** @returns what is told of it */
function assertLevel(samples: readonly Sample[]): string {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  expect(last.open, `open files after ${last.runs} runs, ${first.open} after ${first.runs}`).toBeLessThan(first.open + 10);
  expect(last.wal, `the log of the state file after ${last.runs} runs, in MB`).toBeLessThan(16);
  const level = samples.filter(({ runs }) => runs >= warm);
  const told = `memory ${Math.round(first.megabytes)} to ${Math.round(last.megabytes)} MB`;
  if (level.length < enough) return `${told}, ${last.open} open files, no zombies`;
  const growth = slope(level);
  expect(growth, `MB of memory in 1,000 runs: ${level.map(({ megabytes }) => Math.round(megabytes)).join(" ")}`).toBeLessThanOrEqual(1);
  return `${told}, ${growth.toFixed(2)} MB more in 1,000 runs, ${last.open} open files, no zombies`;
}

/** Of the line of least squares, in MB in 1,000 runs. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [runs, megabytes] = [mean((sample) => sample.runs), mean((sample) => sample.megabytes)];
  return (1000 * mean((sample) => (sample.runs - runs) * (sample.megabytes - megabytes))) / mean((sample) => (sample.runs - runs) ** 2);
}
