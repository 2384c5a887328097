import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import type { Message } from "./protocol.ts";

/** A step's process: leader of its own group, tied to this one by the lifeline. */
export interface StepProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
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
      serialization: "advanced",
      stdio: ["ignore", "pipe", "pipe", "pipe", "ipc"],
    });
    child.on("error", () => {});
    // The other end of the lifeline: it must stay open, and its close when the child goes is no error.
    (child.stdio[3] as Duplex | null)?.on("error", () => {});
    return { child, pid: child.pid ?? -1, stdout: child.stdout!, stderr: child.stderr! };
  }
}

/** Sends a signal to the process and all that it started. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

export function onMessage({ child }: StepProcess, handle: (message: Message) => void): void {
  child.on("message", (message) => handle(message as Message));
}
