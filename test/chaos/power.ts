/** A power cut: what an acknowledged step left must be there, though nothing that was not synced is. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { alive, signalTo } from "../rig/processes.ts";
import { type RunResult, TestProject } from "../rig/project.ts";
import { committed, digests, files, golden, newMarks } from "./three-steps.ts";

/** Why no file system can be mounted here; null: it can. */
export function cannotMount(kind: "loop" | "tmpfs"): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "mounting needs Linux and root";
  const folder = mkdtempSync(path.join(tmpdir(), "stepbook-mount-"));
  try {
    if (kind === "tmpfs") mountTmpfs(folder, "1m");
    else mountImage(makeImage(path.join(folder, "image")), (mkdirSync(path.join(folder, "at")), path.join(folder, "at")));
    return null;
  } catch (error) {
    return `no ${kind} mount here: ${(error as Error).message.split("\n")[0]!}`;
  } finally {
    for (const at of [path.join(folder, "at"), folder]) spawnSync("umount", [at], { stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  }
}

export function mountTmpfs(at: string, size: string, more = ""): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}${more}`, "tmpfs", at], { stdio: "pipe" });
}

function makeImage(file: string): string {
  execFileSync("truncate", ["-s", "24M", file]);
  execFileSync("mkfs.ext4", ["-q", "-F", file], { stdio: "pipe" });
  return file;
}

function mountImage(image: string, at: string): void {
  execFileSync("mount", ["-o", "loop", image, at], { stdio: "pipe" });
}

/** Whatever is still written when all is stopped would be there too after a cut at this moment: copied until two copies are equal. */
async function copyStable(image: string, folder: string): Promise<string> {
  const [one, two] = [path.join(folder, "one"), path.join(folder, "two")];
  for (let i = 0; i < 50; i++) {
    for (const copy of [one, two]) execFileSync("cp", ["--sparse=always", image, copy]);
    if (spawnSync("cmp", ["-s", one, two]).status === 0) return one;
    await sleep(50);
  }
  throw new Error("the image does not come to rest");
}

/** Cuts the power when so many steps have been acknowledged, and a little later. @returns how many had been then */
export async function assertSurvivesPowerCut(after: number, wait: number, env: NodeJS.ProcessEnv = {}): Promise<number> {
  const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const folder = mkdtempSync(path.join(memory, "stepbook-power-"));
  const at = path.join(folder, "at");
  mkdirSync(at);
  const marks = newMarks();
  try {
    const image = makeImage(path.join(folder, "image"));
    mountImage(image, at);
    const project = new TestProject(files, at);
    // The files of the project were there long before the power went.
    execFileSync("sync", ["-f", at]);
    const acknowledged = await runUntil(project, after, wait, { ...marks, ...env });
    const copy = await copyStable(image, folder);
    for (const pid of alive(marks.MARK)) signalTo(pid, "SIGKILL");
    await unmount(at);
    mountImage(copy, at);
    await assertThere(new TestProject({}, at), acknowledged, { ...marks, ...env });
    return acknowledged.length;
  } finally {
    for (const pid of alive(marks.MARK)) signalTo(pid, "SIGKILL");
    await unmount(at);
    rmSync(marks.COUNTER, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs until so many steps are acknowledged on stdout, then stops every process of the run. */
async function runUntil(project: TestProject, after: number, wait: number, env: NodeJS.ProcessEnv & { MARK: string }): Promise<string[]> {
  const child = project.start(["run", "--json"], { env });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let text = "";
  const steps = () => [...text.matchAll(/^\{"type":"step\.ran".*?"step":"([^"]+)"/gm)].map(([, step]) => step!);
  const enough = new Promise<void>((resolve) =>
    child.stdout!.on("data", (data: Buffer) => ((text += data.toString()), steps().length >= after && resolve())),
  );
  await Promise.race([enough, ended]);
  await Promise.race([sleep(wait), ended]);
  for (const pid of alive(env.MARK)) signalTo(pid, "SIGSTOP");
  // What it had said by then may still be in the pipe.
  await sleep(20);
  return steps();
}

/** Each acknowledged step is there, whole, and is not run again; the results are those of an untouched run. */
async function assertThere(project: TestProject, acknowledged: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  expect(committed(project.folder), "acknowledged, and gone").toEqual(expect.arrayContaining([...acknowledged]));
  const again: RunResult = await project.run(["--no-wait"], { env });
  expect(again.code, again.stderr + again.stdout).toBe(0);
  expect(
    again.ran.filter((step) => acknowledged.includes(step)),
    `acknowledged, and run again: ${again.stdout}`,
  ).toEqual([]);
  expect(digests(project.folder)).toEqual(await golden());
}

async function unmount(at: string): Promise<void> {
  for (let i = 0; i < 100 && spawnSync("umount", [at], { stdio: "ignore" }).status !== 0; i++) {
    if (spawnSync("mountpoint", ["-q", at]).status !== 0) return;
    await sleep(50);
  }
}
