import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { finished, type Result, type TestProject } from "./project.ts";

/** Whether system calls can be injected with faults here: strace is there and may trace. */
export const hasStrace = spawnSync("strace", ["-qq", "-e", "trace=none", "true"]).status === 0;

/** System calls by which a project is read and changed. */
export const calls = ["openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "link", "unlink", "mkdir"] as const;
export type Call = (typeof calls)[number];

export interface Traced extends Result {
  /** Call → how often it was made by the thread that made it most often. */
  readonly made: Readonly<Record<string, number>>;
}

/**
 * A command, `run --json`, with its main thread traced, where all durable writes are made; steps are other processes.
 * @param inject such as `fsync:signal=SIGKILL:when=3`
 */
export async function tracedRun(
  project: TestProject,
  inject: string | null,
  env: NodeJS.ProcessEnv = {},
  words: readonly string[] = ["run", "--json"],
): Promise<Traced> {
  const { folder, log, dispose } = newLog();
  const traced = spawn("strace", [...options(log, inject), process.execPath, ...project.words(words)], {
    cwd: project.folder,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A fault in libuv's own pipe, which no disk can cause, leaves its lock taken for good: such a run is killed.
  const stuck = setTimeout(() => {
    const [pid] = readFileSync(`/proc/${traced.pid}/task/${traced.pid}/children`, "utf8").split(" ").filter(Boolean);
    if (pid) process.kill(Number(pid), "SIGKILL");
  }, 60_000);
  const result = await finished(traced);
  clearTimeout(stuck);
  const made = countCalls(folder);
  dispose();
  return { ...result, made };
}

/** `run --json` with the processes of its steps traced, all their threads: each is attached to before it loads anything of the step. */
export async function stepsTracedRun(project: TestProject, inject: string | null, env: NodeJS.ProcessEnv = {}): Promise<Traced> {
  const { folder, log, dispose } = newLog();
  const words = ["strace", "-f", "-p", "PID", ...options(`${log}.PID`, inject)];
  // No file of ours and no read of the step's: the step's process is stopped here until strace holds it.
  const preload = `import { spawn } from "node:child_process"; import { readFileSync } from "node:fs";
if (/child\\.[cm]?js$/.test(process.argv[1] ?? "")) {
  const [program, ...words] = ${JSON.stringify(words)}.map((word) => word.replace("PID", process.pid));
  spawn(program, words, { stdio: "ignore", detached: true, env: { PATH: process.env.PATH } }).unref();
  const held = () => !/TracerPid:\\s+0/.test(readFileSync("/proc/self/status", "utf8"));
  for (let i = 0; i < 2000 && !held(); i++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}`;
  const result = await project.command(["run", "--json"], {
    env: { ...env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` },
  });
  const made = countCalls(folder);
  dispose();
  return { ...result, made };
}

function options(log: string, inject: string | null): string[] {
  return ["-qq", "-o", log, "-e", `trace=${calls.join(",")}`, ...(inject === null ? [] : ["-e", `inject=${inject}`])];
}

function newLog(): { folder: string; log: string; dispose: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), "stepbook-strace-"));
  return { folder, log: path.join(folder, "log"), dispose: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Counters of `when=` are per thread, so what counts is the thread that calls most often. */
function countCalls(folder: string): Record<string, number> {
  const threads = new Map<string, Map<string, number>>();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    for (const [, thread = name, call] of readFileSync(path.join(folder, name), "utf8").matchAll(/^(\d+ +)?(\w+)\(/gm)) {
      const made = threads.get(thread) ?? new Map<string, number>();
      threads.set(thread, made.set(call!, (made.get(call!) ?? 0) + 1));
    }
  }
  return Object.fromEntries(calls.map((call) => [call, Math.max(0, ...[...threads.values()].map((made) => made.get(call) ?? 0))]));
}
