import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { built } from "./build.ts";
import type { TestProject } from "./project.ts";

/** Whether system calls can be injected with faults here: strace is there and may trace. */
export const hasStrace = spawnSync("strace", ["-qq", "-e", "trace=none", "true"]).status === 0;

/** System calls by which the runner changes the disk. */
export const calls = ["write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "mkdir"] as const;
export type Call = (typeof calls)[number];

export interface Traced {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Call → how often the runner's main thread made it. */
  readonly made: Readonly<Record<string, number>>;
}

/**
 * `run --json` with its main thread traced, where all durable writes are made; steps are other processes.
 * @param inject such as `fsync:signal=SIGKILL:when=3`
 */
export function tracedRun(project: TestProject, inject: string | null, env: NodeJS.ProcessEnv = {}): Traced {
  const log = path.join(project.folder, "..", `${path.basename(project.folder)}.strace`);
  const options = ["-qq", "-o", log, "-e", `trace=${calls.join(",")}`, ...(inject === null ? [] : ["-e", `inject=${inject}`])];
  const { status, signal, stdout, stderr } = spawnSync("strace", [...options, process.execPath, path.join(built, "bin.js"), "run", "--json"], {
    cwd: project.folder,
    env: { ...process.env, NO_COLOR: "1", ...env },
    encoding: "utf8",
  });
  const made: Record<string, number> = {};
  for (const [, call] of readFileSync(log, "utf8").matchAll(/^(\w+)\(/gm)) made[call!] = (made[call!] ?? 0) + 1;
  execFileSync("rm", ["-f", log]);
  return { code: status, signal, stdout, stderr, made };
}

/** Pids of living processes whose environment holds the mark. */
export function alive(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return !/\) [ZX] /.test(stat) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}
