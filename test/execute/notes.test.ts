import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Notes, type RunWrites } from "../../src/execute/notes.ts";
import { World } from "../../src/plan/reads.ts";
import { digestOf } from "../../src/store/digest.ts";
import { FileHasher, signatureOf } from "../../src/store/files.ts";

/** Whether a reading of a file that was written just before it is one of a file that may have changed meanwhile. */
async function racy(writes: (at: number) => RunWrites): Promise<boolean> {
  const project = mkdtempSync(path.join(tmpdir(), "notes-"));
  onTestFinished(() => rmSync(project, { recursive: true, force: true }));
  const file = path.join(project, "made.txt");
  writeFileSync(file, "made");
  const stats = statSync(file, { bigint: true });
  const at = Number(stats.ctimeNs / 1_000_000n) + 1;
  const hasher = new FileHasher({ get: () => undefined, set: () => {} });
  const notes = new Notes();
  notes.take({ type: "path", kind: "file", path: file, signature: signatureOf(stats), digest: null, at });
  return (await notes.settle(new World(project, {}, {}, "", hasher), hasher, writes(at))).racy;
}

test("a file that was written right before it was read may have changed in the same instant", async () => {
  expect(await racy(() => new Map())).toBe(true);
});

test("one that a step of the same run has written is known to stand, and only as that step left it, before the reading", async () => {
  expect(await racy((at) => new Map([["made.txt", { digest: digestOf("made"), at: at - 1 }]]))).toBe(false);
  expect(await racy((at) => new Map([["made.txt", { digest: digestOf("other"), at: at - 1 }]]))).toBe(true);
  expect(await racy((at) => new Map([["made.txt", { digest: digestOf("made"), at }]]))).toBe(true);
  expect(await racy((at) => new Map([["else.txt", { digest: digestOf("made"), at: at - 1 }]]))).toBe(true);
});
