import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter } from "node:events";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { PassThrough } from "node:stream";
import { build } from "esbuild";
import type * as Pool from "../../src/execute/pool.ts";
import type { Job, Message } from "../../src/execute/protocol.ts";
import { root } from "./build.ts";

/** In the place of src/execute/pool.ts: steps share two processes; those with tables or packages, and one in so many, have their own as ever. */
export function sharedPool(real: typeof Pool, ownShare: number): typeof Pool {
  let started = 0;
  class ProcessPool extends real.ProcessPool {
    readonly #cwd: string;
    readonly #program: string;

    constructor(program: string, cwd: string) {
      super(program, cwd);
      [this.#program, this.#cwd] = [program, cwd];
    }

    override prepare(): void {}

    override take(): Pool.StepProcess {
      const child = new EventEmitter() as ChildProcess;
      Object.assign(child, { exitCode: null, signalCode: null });
      const own = () => new real.ProcessPool(this.#program, this.#cwd).take({ memory: null, shared: false, tables: false });
      const ended = new Promise<Pool.Exit>((resolve) => {
        child.once("error", (error) => resolve({ code: null, signal: null, error }));
        child.once("close", (code, signal) => resolve({ code, signal }));
      });
      const process: Shared = { child, pid: -1, stdout: new PassThrough(), stderr: new PassThrough(), channel: new PassThrough(), hear: () => {}, ended, tables: false, own };
      return process;
    }
  }

  function sendJob(process: Pool.StepProcess, job: Job, handle: (message: Message) => void): void {
    const shared = process as Shared;
    // A package stays in the process that has loaded it, whatever becomes of its files.
    if (job.tables || job.packages.length > 0 || started++ % ownShare === 0) sendToOwn(real, shared, job, handle);
    else void sendToWorker(shared, job, handle);
  }
  return { ...real, ProcessPool, sendJob };
}

interface Shared extends Pool.StepProcess {
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly own: () => Pool.StepProcess;
}

function sendToOwn(real: typeof Pool, { child, stdout, stderr, own }: Shared, job: Job, handle: (message: Message) => void): void {
  const process = own();
  process.stdout.pipe(stdout);
  process.stderr.pipe(stderr);
  for (const name of ["error", "exit", "close"]) process.child.on(name, (...words: unknown[]) => child.emit(name, ...words));
  real.sendJob(process, job, handle);
}

const workers: { child: ChildProcess; last: Promise<unknown>; waiting: number }[] = [];

async function sendToWorker({ child, stdout, stderr }: Shared, job: Job, handle: (message: Message) => void): Promise<void> {
  const worker = (await startedWorkers()).reduce((least, each) => (each.waiting < least.waiting ? each : least));
  worker.waiting++;
  const before = worker.last;
  worker.last = before.then(() => executed(worker.child, job, handle)).then((code) => {
    worker.waiting--;
    for (const stream of [stdout, stderr]) stream.end();
    child.emit("exit", code, null);
    child.emit("close", code, null);
  });
}

/** @returns the exit code that a process of its own would have had */
function executed(worker: ChildProcess, job: Job, handle: (message: Message) => void): Promise<number> {
  return new Promise((resolve) => {
    const hear = (message: Message) => {
      handle(message);
      if (message.type !== "done" && message.type !== "failed") return;
      worker.off("message", hear);
      resolve(message.type === "done" ? 0 : 1);
    };
    worker.on("message", hear);
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("CHAOS_")));
    worker.send({ job, env });
  });
}

let starting: Promise<typeof workers> | undefined;

function startedWorkers(): Promise<typeof workers> {
  return (starting ??= start());
}

async function start(): Promise<typeof workers> {
  const folder = path.join(root, "node_modules", ".cache", `stepbook-many-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const program = path.join(folder, "many.mjs");
  await build({ entryPoints: [path.join(root, "test/rig/many-steps.ts")], outfile: program, bundle: true, format: "esm", platform: "node", target: "node20", packages: "external" });
  for (let i = 0; i < 2; i++) workers.push({ child: fork(program, { serialization: "advanced", execArgv: ["--disable-warning=ExperimentalWarning"] }), last: Promise.resolve(), waiting: 0 });
  for (const { child } of workers) {
    child.unref();
    child.channel?.unref();
  }
  return workers;
}
