import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import { channelFd, frame, unframe } from "./channel.ts";
import { noMoreFiles } from "../errors.ts";
import { holdGroup, releaseGroup } from "./guard.ts";
import { type Job, type Message, outsideWord, tablesWord } from "./protocol.ts";

/** What a process is started for, ahead of need or not. */
export interface Kind {
  /** DuckDB is loaded ahead of need. */
  readonly tables: boolean;
  /** Its step may use the network. */
  readonly outside: boolean;
}

/** A step's process: leader of its own group, which the guard ends with this one. */
export interface StepProcess extends Kind {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly channel: Duplex;
  /** Takes what it tells. */
  hear: (message: Message) => void;
  readonly ended: Promise<Exit>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

/** What decides which process may take a step. */
export interface Wanted extends Kind {
  /** Limit of the V8 heap in MiB; such a process cannot be started ahead. */
  readonly memory: number | null;
  /** Whether it may have had other steps before. */
  readonly shared: boolean;
}

/** Where it is set, Node 20 reads those certificates at every start, and the 140 that it brings: 60 ms, which only TLS can want. */
const certificates = "NODE_EXTRA_CA_CERTS";

/** Output still on its way after the process has gone is waited for this long, in ms. */
const drainMs = 1000;

/** Starts the processes of steps, some ahead of need: their start-up is then not waited for. */
export class ProcessPool {
  readonly #program: string;
  readonly #cwd: string;
  readonly #idle: StepProcess[] = [];
  /** Those that had a step already. */
  readonly #resting: StepProcess[] = [];
  #closed = false;

  constructor(program: string, cwd: string) {
    this.#program = program;
    this.#cwd = cwd;
  }

  /** Has a process waiting for each of these steps. @param most how many are started now @returns whether others are still to be */
  prepare(kinds: readonly Kind[], most = Infinity): boolean {
    if (this.#closed) return false;
    const waiting = [...this.#idle];
    try {
      for (const kind of kinds) {
        const found = waiting.find((each) => each.tables === kind.tables && serves(each, kind));
        if (found) waiting.splice(waiting.indexOf(found), 1);
        else if (most-- > 0) this.#idle.push(this.#spawn([], kind));
        else return true;
      }
    } catch {
      // The step that needs it will say why.
    }
    return false;
  }

  take(wanted: Wanted): StepProcess {
    if (wanted.memory !== null) return this.#spawn([`--max-old-space-size=${wanted.memory}`], wanted);
    for (;;) {
      const waiting =
        (wanted.shared ? takeFrom(this.#resting, wanted) : undefined) ?? takeFrom(this.#idle, wanted) ?? this.#spawn([], wanted);
      if (waiting.child.exitCode === null && waiting.child.signalCode === null) return waiting;
    }
  }

  /** It waits for another step. */
  giveBack(process: StepProcess): void {
    process.hear = () => {};
    this.#resting.push(process);
  }

  /** Ends the processes that wait for a job. */
  close(): void {
    this.#closed = true;
    for (const { child } of [...this.#idle.splice(0), ...this.#resting.splice(0)]) child.kill("SIGKILL");
  }

  #spawn(flags: readonly string[], { tables, outside }: Kind): StepProcess {
    const whole = outside || process.env[certificates] === undefined;
    const child = spawn(
      process.execPath,
      [
        "--enable-source-maps",
        "--disable-warning=ExperimentalWarning",
        ...flags,
        this.#program,
        ...(tables ? [tablesWord] : []),
        ...(outside ? [outsideWord] : []),
      ],
      {
        cwd: this.#cwd,
        env: whole ? process.env : { ...process.env, [certificates]: undefined },
        detached: true,
        stdio: ["ignore", "pipe", "pipe", "pipe"],
      },
    );
    child.on("error", () => {});
    const { pid = -1 } = child;
    // Where no files can be opened Node makes no pipes, and says so later.
    if (!(child.stdio as typeof child.stdio | undefined)) throw noMoreFiles();
    if (pid > 0) {
      child.once("exit", () => endGroup(pid));
      try {
        holdGroup(pid);
      } catch (error) {
        signalGroup(pid, "SIGKILL");
        throw error;
      }
    }
    // That it closes when the child goes is not an error.
    const channel = (child.stdio[channelFd] as Duplex).on("error", () => {});
    const started: StepProcess = {
      child,
      pid,
      stdout: child.stdout!,
      stderr: child.stderr!,
      channel,
      tables,
      outside: whole,
      hear: () => {},
      ended: exited(child),
    };
    channel.on(
      "data",
      unframe((message) => started.hear(message as Message)),
    );
    return started;
  }
}

/** A process started for more than the step needs will do; one for less will not. */
function serves(process: Kind, wanted: Kind): boolean {
  return process.outside || !wanted.outside;
}

/** The best of those that wait: DuckDB can still be loaded where it is wanted. */
function takeFrom(waiting: StepProcess[], wanted: Kind): StepProcess | undefined {
  const able = waiting.filter((each) => serves(each, wanted));
  const best = able.find((each) => each.tables === wanted.tables) ?? able[0];
  return best && waiting.splice(waiting.indexOf(best), 1)[0];
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
export function sendJob(process: StepProcess, job: Job, hear: (message: Message) => void): void {
  process.hear = hear;
  process.channel.write(frame(job));
}

function exited(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    let exit: Exit | undefined;
    const streams = [child.stdout!, child.stderr!];
    const leave = () => {
      // What waits for a reader has been printed: it is not lost.
      if (streams.some((stream) => stream.isPaused())) return void setTimeout(leave, drainMs).unref();
      for (const stream of streams) stream.destroy();
      resolve(exit!);
    };
    child.once("error", (error) => resolve({ code: null, signal: null, error }));
    child.once("exit", (code, signal) => {
      exit = { code, signal };
      // A process that has left its group may hold the pipes open: not waited for.
      setTimeout(leave, drainMs).unref();
    });
    child.once("close", (code, signal) => resolve(exit ?? { code, signal }));
  });
}
