import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { openState } from "../../src/record/state.ts";
import { listSlots } from "../../src/record/slots.ts";
import { built } from "../rig/build.ts";
import { finished, type Result, TestProject } from "../rig/project.ts";
import { spawn } from "node:child_process";

let project: TestProject;
afterEach(() => project.dispose());

function make(): void {
  project = new TestProject({
    "steps/10_at.ts": "export const at = 1;\n",
    "schedule.mjs": `import { schedule } from ${JSON.stringify(path.join(built, "schedule.js"))};\nawait schedule({ train: { cron: "@hourly", catchUp: "all" } });\n`,
  });
}

const once = (): Promise<Result> =>
  finished(
    spawn(process.execPath, [project.path("schedule.mjs"), "--once", "--json", "--no-ui"], {
      cwd: project.folder,
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );

/** Works on the ledger as if time had passed. */
function ledger<T>(work: (db: ReturnType<typeof openState>) => T): T {
  const db = openState(project.folder);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

const hour = 3_600_000;
const top = Math.floor(Date.now() / hour) * hour;
const became = () =>
  ledger((db) =>
    listSlots(db, 100)
      .reverse()
      .map(({ slot, status, reason }) => `${(Date.parse(slot) - top) / hour} ${status}${reason === null ? "" : `: ${reason}`}`),
  );

test("a rest outlives the scheduler: its slots are skipped, those before it and after it are not", async () => {
  make();
  expect((await once()).code).toBe(0);
  expect(JSON.parse((await project.command(["slots", "pause", "--json"])).stdout)).toEqual({
    type: "paused",
    schedule: "train",
    changed: true,
  });
  expect((await project.command(["slots", "pause", "train"])).stdout).toContain("rests already");
  expect((await project.command(["slots"])).stdout).toContain("train has rested since");
  // Away for five hours, resting since two and a half.
  ledger((db) => db.prepare("UPDATE schedules SET seen = ?, paused = ?").run(top - 5 * hour, top - 2.5 * hour));
  expect((await once()).code).toBe(0);
  const skipped = "skipped: its schedule was paused";
  // What was due before the rest waits for its end.
  expect(became()).toEqual(["-4 due", "-3 due", `-2 ${skipped}`, `-1 ${skipped}`, `0 ${skipped}`]);
  expect((await project.command(["slots", "resume", "train"])).stdout).toContain("train goes on");
  expect((await once()).code).toBe(0);
  expect(became().slice(0, 2)).toEqual(["-4 succeeded", "-3 succeeded"]);
});

test("slots that pass in a rest that nobody sees end are skipped all the same", async () => {
  make();
  await once();
  ledger((db) => db.prepare("UPDATE schedules SET seen = ?, paused = ?").run(top - 2.5 * hour, top - 2.5 * hour));
  expect((await project.command(["slots", "resume"])).code).toBe(0);
  expect((await project.command(["slots", "resume"])).stdout).toContain("does not rest");
  await once();
  expect(became().map((each) => each.split(" ")[1])).toEqual(["skipped:", "skipped:", "skipped:"]);
  const wrong = await project.command(["slots", "pause", "trian"]);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "train"')]);
});
