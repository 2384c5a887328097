import type { Failure } from "../errors.ts";
import type { Emit } from "../events.ts";
import type { Step } from "../model.ts";
import { sabotaged } from "../sabotage.ts";
import type { StepLog } from "./logs.ts";
import { Notes } from "./notes.ts";
import { type ProcessPool, sendJob, signalGroup, type StepProcess } from "./pool.ts";
import type { DoneMessage, Job, Message } from "./protocol.ts";

/** How one attempt of a step ended. */
export type Outcome =
  | { readonly kind: "done"; readonly done: DoneMessage; readonly notes: Notes }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "cancelled" };

/** A step that is asked to end has this long before it is killed, in ms. */
const patience = 5000;
/** Output still on its way after the process has gone is waited for this long, in ms. */
const drainMs = 1000;

/** Runs a step once in a process of its own. */
export async function attempt(pool: ProcessPool, step: Step, job: Job, log: StepLog, emit: Emit, cancel: Cancel, notes = new Notes()): Promise<Outcome> {
  const process = pool.take(step.config.memory);
  const ending = new Ending(process, step, cancel);
  let last: Message | undefined;
  let stderrTail = "";
  log.follow(process.stdout, (line) => emit({ type: "step.output", run: job.run.id, step: step.id, stream: "stdout", line }));
  log.follow(process.stderr, (line) => {
    stderrTail = `${stderrTail}\n${line}`.slice(-4000);
    emit({ type: "step.output", run: job.run.id, step: step.id, stream: "stderr", line });
  });
  sendJob(process, job, (message) => {
    if (message.type === "event") relay(message.event, job, emit);
    else if (message.type === "done" || message.type === "failed" || message.type === "skipped") last = message;
    else if (message.type === "secret") log.mask.add(message.name, message.value);
    else notes.take(message);
  });
  const exit = await exited(process);
  ending.clear();
  const outcome = judge(step, last, exit, notes, ending, stderrTail);
  // A step that fails or skips says why in its own words.
  return outcome.kind === "done" ? outcome : log.mask.data(outcome);
}

/** Asks all running attempts to end; `now` kills them. */
export interface Cancel {
  readonly requested: boolean;
  onCancel(listener: (now: boolean) => void): () => void;
}

type StepEventMessage = Extract<Message, { type: "event" }>["event"];

function relay(event: StepEventMessage, { run, step }: Job, emit: Emit): void {
  const at = { run: run.id, step };
  if (event.type === "progress") emit({ ...event, type: "step.progress", ...at });
  else if (event.type === "display") emit({ type: "step.displayed", ...at, bundle: event.bundle });
  else if (event.type === "checked") emit({ type: "step.checked", ...at, table: event.table, rules: event.rules });
  else emit({ type: "step.warned", ...at, message: event.message });
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

function exited({ child, stdout, stderr }: StepProcess): Promise<Exit> {
  return new Promise((resolve) => {
    let exit: Exit | undefined;
    child.once("error", (error) => resolve({ code: null, signal: null, error }));
    child.once("exit", (code, signal) => {
      exit = { code, signal };
      // A grandchild may hold the pipes open: not waited for.
      setTimeout(() => {
        stdout.destroy();
        stderr.destroy();
        resolve(exit!);
      }, drainMs).unref();
    });
    child.once("close", (code, signal) => resolve(exit ?? { code, signal }));
    if (child.exitCode !== null || child.signalCode !== null) resolve({ code: child.exitCode, signal: child.signalCode });
  });
}

/** Ends a step's process on timeout or cancellation: first asked, then killed. */
class Ending {
  timedOut = false;
  cancelled = false;
  readonly #pid: number;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #unsubscribe: () => void;

  constructor({ pid }: StepProcess, step: Step, cancel: Cancel) {
    this.#pid = pid;
    if (step.config.timeout !== null) this.#timers.push(setTimeout(() => this.#timeout(), step.config.timeout));
    this.#unsubscribe = cancel.onCancel((now) => {
      this.cancelled = true;
      if (now) signalGroup(pid, "SIGKILL");
      else this.#askToEnd();
    });
  }

  clear(): void {
    this.#timers.forEach(clearTimeout);
    this.#unsubscribe();
  }

  #timeout(): void {
    this.timedOut = true;
    this.#askToEnd();
  }

  #askToEnd(): void {
    signalGroup(this.#pid, "SIGTERM");
    this.#timers.push(setTimeout(() => signalGroup(this.#pid, "SIGKILL"), patience));
  }
}

/** Success needs exit code 0 and the step's own word that it is done. */
function judge(step: Step, last: Message | undefined, exit: Exit, notes: Notes, ending: Ending, stderrTail: string): Outcome {
  if (ending.cancelled && last?.type !== "done") return { kind: "cancelled" };
  if (ending.timedOut) {
    return failed(step, "E_STEP_TIMEOUT", `${step.id} ran longer than its timeout of ${step.config.timeout} ms`, "raise config.timeout, or make it faster");
  }
  if (last?.type === "done" && exit.code === 0) return { kind: "done", done: last, notes };
  SABOTAGE: if (sabotaged("exit-zero-is-success") && last === undefined && exit.code === 0) return { kind: "done", done: nothing, notes };
  if (last?.type === "skipped") return { kind: "skipped", reason: last.reason };
  if (last?.type === "failed") return { kind: "failed", failure: last.failure };
  if (exit.error) return failed(step, "E_STEP_KILLED", `${step.id} could not be started: ${exit.error.message}`, "check that Node can start processes here");
  if (/heap out of memory|Reached heap limit/.test(stderrTail)) {
    const limit = step.config.memory ? ` of ${step.config.memory} MiB` : "";
    return failed(step, "E_STEP_MEMORY", `${step.id} ran out of memory${limit}`, "use Table.batches() instead of rows(), or raise config.memory");
  }
  if (exit.signal) return failed(step, "E_STEP_KILLED", `${step.id} was killed by ${exit.signal}`, "was the machine out of memory? `dmesg` tells");
  return failed(step, "E_STEP_EXIT", `${step.id} ended with exit code ${exit.code} before it was done`, "its log says more");
}

const nothing: DoneMessage = { type: "done", artifacts: {}, displays: [], effects: [], notReproducible: null };

function failed(step: Step, code: Failure["code"], message: string, remedy: string): Outcome {
  return { kind: "failed", failure: { code, message, remedy, step: step.id, place: { file: step.file } } };
}
