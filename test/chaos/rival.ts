/** The same accident for two tools: killed while 400 results go to the cache, then built again. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { TestProject } from "../rig/project.ts";
import { newMarks } from "./three-steps.ts";

export const count = 400;
export const version = "0.14.13";

/** The rival, installed; null: the registry is not reachable. */
export function installRival(): string | null {
  const folder = mkdtempSync(path.join(tmpdir(), "stepbook-rival-"));
  writeFileSync(path.join(folder, "package.json"), '{ "name": "rival", "private": true }');
  if (
    spawnSync("npm", ["i", "--no-audit", "--no-fund", `wireit@${version}`], { cwd: folder, stdio: "ignore", timeout: 180_000 }).status === 0
  )
    return folder;
  rmSync(folder, { recursive: true, force: true });
  return null;
}

/** Some 16 kB each: what takes no time to write is written before anybody could be killed. */
const repeats = 2000;
const contents = (i: number) => `file ${i} `.repeat(repeats);

const program = `import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("out", { recursive: true });
for (let i = 0; i < ${count}; i++) writeFileSync(\`out/\${i}.txt\`, \`file \${i} \`.repeat(${repeats}));
`;

/** How a trial ended: the kill came while results went to the cache, and the build after it said that all is well and left less. */
export interface Ending {
  readonly hit: boolean;
  readonly servedHalf: boolean;
}

/** A kill that came when all was written proves nothing: tried again, and earlier. */
export async function untilHit(trial: (least: number) => Promise<Ending>, least: number): Promise<Ending> {
  for (let i = 0; i < 10; i++) {
    const ending = await trial(Math.ceil(least / (i + 1)));
    if (ending.hit) return ending;
  }
  return { hit: false, servedHalf: false };
}

export async function tryRival(installed: string, least: number): Promise<Ending> {
  const folder = mkdtempSync(path.join(tmpdir(), "stepbook-rival-trial-"));
  try {
    symlinkSync(path.join(installed, "node_modules"), path.join(folder, "node_modules"));
    writeFileSync(path.join(folder, "write.mjs"), program);
    const wireit = { build: { command: "node write.mjs", files: ["write.mjs"], output: ["out/**"] } };
    writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "trial", scripts: { build: "wireit" }, wireit }));
    const env = { ...process.env, WIREIT_CACHE: "local" };
    const hit = await killedAt("npm", ["run", "build"], folder, path.join(folder, ".wireit"), /[\\/]cache[\\/].*\.txt$/, least, env);
    rmSync(path.join(folder, "out"), { recursive: true, force: true });
    // The lock of the killed one is waited for, up to 10 s: left out, to save the time.
    for (const name of readdirSync(path.join(folder, ".wireit"), { recursive: true, encoding: "utf8" })) {
      if (/^lock(\.lock)?$/.test(path.basename(name))) rmSync(path.join(folder, ".wireit", name), { recursive: true, force: true });
    }
    const again = spawnSync("npm", ["run", "build"], { cwd: folder, env, encoding: "utf8" });
    return { hit, servedHalf: again.status === 0 && !wholeIn(path.join(folder, "out")) };
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** @param nth every tenth is asked for a value by the command, too */
export async function tryStepbook(least: number, nth: number): Promise<Ending> {
  const exported = Array.from({ length: count }, (_, i) => `export const f${i} = "file ${i} ".repeat(${repeats});`).join("\n");
  const project = new TestProject({ "steps/10_write.ts": `${program}${exported}\n` });
  try {
    const hit = await killedAt(
      process.execPath,
      project.words(["run", "--json"]),
      project.folder,
      project.path(".stepbook/store"),
      /\.value$/,
      least,
      { ...process.env, ...newMarks() },
    );
    project.remove("out");
    const again = await project.run();
    const store = project.path(".stepbook/store");
    const stored = readdirSync(store, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".value"));
    const whole = stored.filter(
      (name) =>
        createHash("sha256")
          .update(readFileSync(path.join(store, name)))
          .digest("hex") === path.basename(name, ".value"),
    );
    const right =
      wholeIn(project.path("out")) && whole.length === count && (nth % 10 > 0 || (await project.value("10_write.f399")) === contents(399));
    return { hit, servedHalf: again.code === 0 && !right };
  } finally {
    project.dispose();
  }
}

/** Starts a build and kills it, and all of its group, as soon as so many files lie in the cache. @returns whether some were missing still */
async function killedAt(
  file: string,
  words: readonly string[],
  cwd: string,
  cache: string,
  what: RegExp,
  least: number,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  mkdirSync(cache, { recursive: true });
  const child = spawn(file, words, { cwd, env, stdio: "ignore", detached: true });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const inCache = () => listed(cache).filter((name) => what.test(path.join(cache, name))).length;
  // Nothing in between: all of them are there within some tens of milliseconds. Before the first one it is not in a hurry.
  for (let found = 0; child.exitCode === null && found < least; found = inCache()) await (found === 0 ? sleep(1) : setImmediate());
  if (child.exitCode === null) process.kill(-child.pid!, "SIGKILL");
  await ended;
  return inCache() < count;
}

/** All that is in a folder; what is removed while it is listed is listed again. */
function listed(folder: string): string[] {
  for (;;) {
    try {
      return readdirSync(folder, { recursive: true, encoding: "utf8" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

function wholeIn(folder: string): boolean {
  try {
    return Array.from({ length: count }, (_, i) => readFileSync(path.join(folder, `${i}.txt`), "utf8") === contents(i)).every(Boolean);
  } catch {
    return false;
  }
}
