import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Sample } from "./comparison.ts";

export interface Command {
  readonly file: string;
  readonly words: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function environment(command: Command): NodeJS.ProcessEnv {
  return { ...process.env, NO_COLOR: "1", CI: "", ...command.env };
}

/** Runs the command to its end; its stdout, and how long the whole process took. @throws where it fails */
export function run(command: Command): { ms: number; stdout: string } {
  const started = performance.now();
  const { status, signal, stdout, stderr, error } = spawnSync(command.file, command.words, {
    cwd: command.cwd,
    env: environment(command),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 1 << 28,
  });
  const ms = performance.now() - started;
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${command.file} ${command.words.join(" ")} ended with ${status ?? signal}\n${`${stderr}${stdout}`.slice(-2000)}`);
  return { ms, stdout };
}

/** The wall time of the whole process. */
export function timed(command: Command): Sample {
  return { ms: run(command).ms };
}

/** What a script measured itself, past its start: it prints `{"ms": …}` as its last line. */
export function timedInside(command: Command): Sample {
  return JSON.parse(run(command).stdout.trim().split("\n").at(-1)!) as Sample;
}

/** A process as it was seen last. */
export interface Seen {
  readonly command: string;
  /** The most memory it ever had, in MB. */
  readonly mb: number;
  /** Whether it is the command itself. */
  readonly first: boolean;
}

/** Runs the command and looks at it and all its children every 10 ms; memory needs Linux's /proc. */
export async function watched(command: Command, most: (all: readonly Seen[]) => number): Promise<Sample> {
  const seen = new Map<number, Seen>();
  const started = performance.now();
  const child = spawn(command.file, command.words, { cwd: command.cwd, env: environment(command), stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const timer = setInterval(() => look(child.pid!, seen, true), 10);
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("exit", resolve));
  const ms = performance.now() - started;
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command.file} ${command.words.join(" ")} ended with ${code}\n${stderr.slice(-2000)}`);
  return seen.size === 0 ? { ms } : { ms, mb: most([...seen.values()]) };
}

function look(pid: number, seen: Map<number, Seen>, first: boolean): void {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    // One that is just ending has no memory any more: what was seen before stands.
    if (peak) seen.set(pid, { command, mb: Math.max(Number(peak) / 1024, seen.get(pid)?.mb ?? 0), first });
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean))
      look(Number(child), seen, false);
  } catch {
    // It ended while it was looked at, or this is not Linux.
  }
}

export const ofCommand = (all: readonly Seen[]): number => all.find(({ first }) => first)?.mb ?? Number.NaN;
export const ofLargest = (all: readonly Seen[]): number => Math.max(...all.map(({ mb }) => mb));
