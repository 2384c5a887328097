import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { channelFd, frame, unframe } from "./channel.ts";
import { holdGroup, releaseGroup } from "./guard.ts";
import type { Job, Message } from "./protocol.ts";

/** A step's process: leader of its own group, which the guard ends with this one. */
export interface StepProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly channel: Duplex;
}

/** Starts the processes of steps, some ahead of need: their start-up is then not waited for. */
export class ProcessPool {
  readonly #program: string;
  readonly #cwd: string;
  readonly #idle: StepProcess[] = [];

  constructor(program: string, cwd: string) {
    this.#program = program;
    this.#cwd = cwd;
  }

  /** Has at least this many processes waiting. */
  prepare(count: number): void {
    while (this.#idle.length < count) this.#idle.push(this.#spawn([]));
  }

  /** @param memory limit of the V8 heap in MiB; such a process cannot be started ahead */
  take(memory: number | null): StepProcess {
    if (memory !== null) return this.#spawn([`--max-old-space-size=${memory}`]);
    for (;;) {
      const idle = this.#idle.shift() ?? this.#spawn([]);
      if (idle.child.exitCode === null && idle.child.signalCode === null) return idle;
    }
  }

  /** Ends the processes that wait for a job. */
  close(): void {
    for (const { child } of this.#idle.splice(0)) child.kill("SIGKILL");
  }

  #spawn(flags: readonly string[]): StepProcess {
    const child = spawn(process.execPath, ["--enable-source-maps", "--disable-warning=ExperimentalWarning", ...flags, this.#program], {
      cwd: this.#cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    child.on("error", () => {});
    const { pid = -1 } = child;
    if (pid > 0) {
      holdGroup(pid);
      child.once("exit", () => endGroup(pid));
    }
    // That it closes when the child goes is no error.
    const channel = (child.stdio[channelFd] as Duplex).on("error", () => {});
    return { child, pid, stdout: child.stdout!, stderr: child.stderr!, channel };
  }
}

/** Whatever the step left running goes with it. */
function endGroup(pid: number): void {
  signalGroup(pid, "SIGKILL");
  releaseGroup(pid);
}

/** Sends a signal to the process and all that it started. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Gives it its step, and hears what that tells. */
export function sendJob({ channel }: StepProcess, job: Job, handle: (message: Message) => void): void {
  channel.on("data", unframe((message) => handle(message as Message)));
  channel.write(frame(job));
}
