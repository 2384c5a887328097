/** What is told as done is on the disk: after a power cut, on a full disk, and by the order of the system calls. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";
import { hasStrace } from "../rig/strace.ts";
import { assertOrder } from "./order.ts";
import { assertSurvivesPowerCut, cannotMount, mountTmpfs } from "./power.ts";
import { assertRecovered, files, newMarks } from "./three-steps.ts";
import { possible, trials } from "./trials.ts";

const timeout = 6 * 3600_000;

test("bytes are synced, renamed, their folder synced, the commit synced, and then the step's end is told", { timeout }, async () => {
  if (!possible("order", hasStrace ? null : "no strace here, or it may not trace")) return;
  await trials("order", async (_, notes) => void (notes.note = `${await assertOrder()} renames in each`));
});

test("after a power cut every acknowledged step is there", { timeout }, async () => {
  if (!possible("power", cannotMount("loop"))) return;
  let acknowledged = 0;
  await trials("power", async (nth, notes) => {
    acknowledged += await assertSurvivesPowerCut(1 + (nth % 3), Math.floor(notes.random() * 150));
    notes.note = `${acknowledged} acknowledged steps, 0 lost`;
  });
});

test("on a full disk a run fails and says so, and goes on where there is space again", { timeout }, async () => {
  if (!possible("fullDisk", cannotMount("tmpfs"))) return;
  let full = 0;
  await trials("fullDisk", async (_, notes) => {
    const kilobytes = 100 + Math.floor(notes.random() * 1900);
    const folder = mkdtempSync(path.join(tmpdir(), "stepbook-full-"));
    const at = path.join(folder, "at");
    mkdirSync(at);
    const marks = newMarks();
    try {
      mountTmpfs(at, `${kilobytes}k`);
      const project = new TestProject(files, at);
      const run = await project.run([], { env: marks });
      if (run.code !== 0) {
        full++;
        expect(run.stdout + run.stderr, `${kilobytes} kB`).toMatch(/E_DISK_FULL|no space left|disk is full/i);
      }
      execFileSync("mount", ["-o", "remount,size=64m", at]);
      await assertRecovered(project, marks, `${kilobytes} kB`);
      notes.note = `${full} ended the run`;
    } finally {
      spawnSync("umount", ["-l", at]);
      rmSync(marks.COUNTER, { force: true });
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
