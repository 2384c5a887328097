import type { Failure } from "../errors.ts";
import type { Emit } from "../events.ts";
import type { Step } from "../model.ts";
import { sabotaged } from "../sabotage.ts";
import type { Cancellation } from "./cancel.ts";
import type { Printed, StepLog } from "./logs.ts";
import type { Notes } from "./notes.ts";
import { Part } from "./part.ts";
import { type Exit, type ProcessPool, sendJob, signalGroup, type StepProcess } from "./pool.ts";
import type { DoneMessage, Job, Message, Outputs, ToldOrStaged } from "./protocol.ts";

/** How one attempt of a step ended. @template Taken what was made of the outputs */
type Outcome<Taken> =
  | { readonly kind: "done"; readonly taken: Taken; readonly notReproducible: string | null }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "skipped"; readonly reason: string }
  | { readonly kind: "cancelled" };

type Verdict = { readonly kind: "done"; readonly done: DoneMessage } | Exclude<Outcome<never>, { kind: "done" }>;

/** What an attempt is made with. */
interface Means {
  readonly pool: ProcessPool;
  readonly log: StepLog;
  readonly emit: Emit;
  readonly cancel: Cancellation;
  readonly notes: Notes;
}

/** A step that is asked to end has this long before it is killed, in ms. */
const patience = 5000;

/**
 * Runs a step once, in a process of its own or in one that had others before.
 * @param take is given what the step leaves as soon as it says that it is done, while its process ends; whether it really is done is known after that
 */
export async function attempt<Taken>(
  step: Step,
  job: Job,
  { pool, log, emit, cancel, notes }: Means,
  take: (outputs: Outputs<ToldOrStaged>) => Promise<Taken>,
): Promise<Outcome<Taken>> {
  const process = pool.take({ memory: step.config.memory, shared: job.mark !== null, tables: job.tables, outside: job.outside });
  const ending = new Ending(process, step, cancel, log);
  let last: Message | undefined;
  let taken: Promise<Taken> | undefined;
  let stderrTail = "";
  const { stdout, stderr, printed } = outputs(process, job.mark);
  log.follow(stdout, (line) => emit({ type: "step.output", run: job.run.id, step: step.id, stream: "stdout", line }));
  log.follow(stderr, (line) => {
    stderrTail = `${stderrTail}\n${line}`.slice(-4000);
    emit({ type: "step.output", run: job.run.id, step: step.id, stream: "stderr", line });
  });
  const again = new Promise<undefined>((resolve) => {
    sendJob(process, job, (message) => {
      if (message.type === "event") relay(message.event, job, emit);
      else if (message.type === "done" || message.type === "failed" || message.type === "skipped") last = message;
      else if (message.type === "secret") log.mask.add(message.name, message.value);
      else notes.take(message);
      if (message.type !== "done") return;
      taken = take(message);
      // Nobody asks for it where the step fails after all.
      taken.catch(() => {});
      if (message.again) resolve(undefined);
    });
  });
  const exit = await Promise.race([again, process.ended]);
  if (exit === undefined) await printed;
  ending.clear();
  if (exit === undefined && !ending.timedOut && !ending.cancelled) pool.giveBack(process);
  const verdict = judge(step, last, exit ?? { code: 0, signal: null }, ending, stderrTail);
  // A step that fails or skips says why in its own words.
  if (verdict.kind !== "done") return log.mask.data(verdict);
  return { kind: "done", taken: await (taken ?? take(verdict.done)), notReproducible: verdict.done.notReproducible };
}

/** What the step prints: all that its process prints, or its part of that. */
function outputs({ stdout, stderr }: StepProcess, mark: string | null): { stdout: Printed; stderr: Printed; printed: Promise<unknown> } {
  if (mark === null) return { stdout, stderr, printed: Promise.resolve() };
  const parts = [stdout, stderr].map((stream) => new Part(stream, Buffer.from(mark)));
  return { stdout: parts[0]!, stderr: parts[1]!, printed: Promise.all(parts.map(({ ended }) => ended)) };
}

type StepEventMessage = Extract<Message, { type: "event" }>["event"];

function relay(event: StepEventMessage, { run, step }: Job, emit: Emit): void {
  const at = { run: run.id, step };
  if (event.type === "progress") emit({ ...event, type: "step.progress", ...at });
  else if (event.type === "display") emit({ type: "step.displayed", ...at, bundle: event.bundle });
  else if (event.type === "checked") emit({ type: "step.checked", ...at, table: event.table, rules: event.rules });
  else emit({ type: "step.warned", ...at, message: event.message });
}

/** Ends a step's process on timeout or cancellation: first asked, then killed. */
class Ending {
  timedOut = false;
  cancelled = false;
  readonly #pid: number;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #unsubscribe: () => void;

  constructor({ pid }: StepProcess, step: Step, cancel: Cancellation, log: StepLog) {
    this.#pid = pid;
    if (step.config.timeout !== null) this.#timers.push(setTimeout(() => this.#timeout(), step.config.timeout));
    this.#unsubscribe = cancel.onCancel((now) => {
      this.cancelled = true;
      log.hurry();
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
function judge(step: Step, last: Message | undefined, exit: Exit, ending: Ending, stderrTail: string): Verdict {
  if (ending.cancelled && last?.type !== "done") return { kind: "cancelled" };
  if (ending.timedOut) {
    return failed(
      step,
      "E_STEP_TIMEOUT",
      `${step.id} ran longer than its timeout of ${step.config.timeout} ms`,
      "raise config.timeout, or make it faster",
    );
  }
  if (last?.type === "done" && exit.code === 0) return { kind: "done", done: last };
  SABOTAGE: if (sabotaged("exit-zero-is-success") && last === undefined && exit.code === 0) return { kind: "done", done: nothing };
  if (last?.type === "skipped") return { kind: "skipped", reason: last.reason };
  if (last?.type === "failed") return { kind: "failed", failure: last.failure };
  if (exit.error)
    return failed(
      step,
      "E_STEP_KILLED",
      `${step.id} could not be started: ${exit.error.message}`,
      "check that Node can start processes here",
    );
  if (/heap out of memory|Reached heap limit/.test(stderrTail)) {
    const limit = step.config.memory ? ` of ${step.config.memory} MiB` : "";
    return failed(
      step,
      "E_STEP_MEMORY",
      `${step.id} ran out of memory${limit}`,
      "use Table.batches() instead of rows(), or raise config.memory",
    );
  }
  if (exit.signal)
    return failed(step, "E_STEP_KILLED", `${step.id} was killed by ${exit.signal}`, "was the machine out of memory? `dmesg` tells");
  return failed(step, "E_STEP_EXIT", `${step.id} ended with exit code ${exit.code} before it was done`, "its log says more");
}

const nothing: DoneMessage = { type: "done", artifacts: {}, displays: [], effects: [], notReproducible: null };

function failed(step: Step, code: Failure["code"], message: string, remedy: string): Verdict {
  return { kind: "failed", failure: { code, message, remedy, step: step.id, place: { file: step.file } } };
}
