import type { Failure } from "../errors.ts";
import { toFailure } from "../errors.ts";
import type { StepOutcome } from "../events.ts";
import type { Artifact, Reason, Step, StepId, StepStatus } from "../model.ts";
import { inTurn } from "../pace.ts";
import { type Decision, decide } from "../plan/decide.ts";
import { orderOf } from "../plan/may-change.ts";
import { inputDigests } from "../plan/plan.ts";
import { reason } from "../plan/reasons.ts";
import type { KeptRecord } from "../record/records.ts";
import { putRunStep } from "../record/runs.ts";
import { allEnded } from "./all-ended.ts";
import { Coming } from "./coming.ts";
import type { RunContext } from "./context.ts";
import { type Reused, reuseSteps } from "./reuse.ts";
import { runStep } from "./run-step.ts";
import { warnOfTooEarly } from "./too-early.ts";
import { Turns } from "./turns.ts";
import { urgencies } from "./urgency.ts";

/**
 * Walks the graph: each step is decided when all that it waits for has ended, then reused or run.
 * Nothing is decided on what might still change.
 */
export class Walk {
  readonly #context: RunContext;
  readonly #stop: () => void;
  /** To start a step or a process holds the loop, and several may start at once. */
  readonly #turn = inTurn();
  readonly #turns: Turns;
  readonly #artifacts = new Map<StepId, Readonly<Record<string, Artifact>>>();
  readonly #outcomes = new Map<StepId, StepOutcome>();
  readonly #tasks = new Map<StepId, Promise<void>>();
  readonly #reused = new Map<StepId, KeptRecord>();
  /** What the plan says for certain, by step. */
  readonly #early: ReadonlyMap<StepId, Decision>;
  /** Which step is next where several may be; one by one they go in the order of their numbers. */
  #urgencies: ReadonlyMap<StepId, number> = new Map();
  #coming!: Coming;
  #executed = 0;
  #failed: StepId | undefined;

  /** @param stop tells the steps that run to end */
  constructor(context: RunContext, stop: () => void) {
    this.#context = context;
    this.#stop = stop;
    this.#turns = new Turns(context.jobs);
    this.#early = new Map(
      context.planned.flatMap(({ step, verdict, decision }) => (decision && verdict !== "maybe" ? [[step.id, decision] as const] : [])),
    );
  }

  /** @returns what became of each selected step, in the order of the graph */
  async run(): Promise<StepOutcome[]> {
    const { graph, selected, jobs } = this.#context;
    const steps = graph.steps.filter((step) => selected.has(step.id));
    const order = orderOf(this.#context.planned, this.#context.known);
    const before = new Map(steps.map((step) => [step.id, order.waitsFor(step)]));
    if (jobs > 1) this.#urgencies = urgencies(steps, before);
    const byUrgency = (one: Step, other: Step) => this.#urgency(other) - this.#urgency(one);
    this.#coming = new Coming(
      [...this.#context.planned].sort((one, other) => byUrgency(one.step, other.step)),
      before,
      this.#artifacts,
    );
    await this.#prepare(1);
    await this.#reuseAtOnce(this.#reusedAtOnce(steps, before));
    // Each after those that it waits for, which are more urgent.
    for (const step of [...steps].sort(byUrgency))
      if (!this.#outcomes.has(step.id)) this.#tasks.set(step.id, this.#settle(step, before.get(step.id)!));
    await allEnded(this.#tasks.values(), this.#stop);
    await this.#warnOfTooEarly(steps, before);
    return steps.map((step) => this.#outcomes.get(step.id)!);
  }

  async #warnOfTooEarly(steps: readonly Step[], before: ReadonlyMap<StepId, readonly StepId[]>): Promise<void> {
    const { info, known, emit, cancel, writes } = this.#context;
    // Where no step wrote a file nobody can have read one too early, and no record is looked up.
    if (writes.size === 0 || cancel.requested) return;
    const executed = new Set(steps.flatMap(({ id }) => (this.#outcomes.get(id)?.status === "ran" ? [id] : [])));
    const recordOf = ({ id, name }: Step) => this.#reused.get(id) ?? (executed.has(id) ? known.latestRecord(name) : undefined);
    const records = new Map(steps.map((step) => [step.id, recordOf(step)] as const).filter(hasRecord));
    await warnOfTooEarly({ run: info.id, steps, before, records, executed }, known, emit);
  }

  #urgency({ id }: Step): number {
    return this.#urgencies.get(id) ?? 0;
  }

  /** Has processes waiting for the steps of the next rounds, each started in its turn. */
  async #prepare(rounds: 1 | 2): Promise<void> {
    do {
      await this.#turn();
    } while (this.#context.pool.prepare(this.#coming.next(this.#context.jobs, rounds), 1));
  }

  /** What the plan reuses and what waits for nothing else: no step that runs can change it. */
  #reusedAtOnce(steps: readonly Step[], before: ReadonlyMap<StepId, readonly StepId[]>): Reused[] {
    const reused = new Map<StepId, Reused>();
    if (this.#context.cancel.requested) return [];
    for (const step of steps) {
      const decision = this.#early.get(step.id);
      if (decision?.verdict === "reuse" && before.get(step.id)!.every((id) => reused.has(id))) reused.set(step.id, { step, decision });
    }
    return [...reused.values()];
  }

  /** Where that fails they are settled one by one, so that the failure is its step's. */
  async #reuseAtOnce(reused: readonly Reused[]): Promise<void> {
    try {
      await this.#reuse(reused);
    } catch {
      for (const { step } of reused) this.#artifacts.delete(step.id);
    }
  }

  async #settle(step: Step, before: readonly StepId[]): Promise<void> {
    await Promise.all(before.map((id) => this.#tasks.get(id)));
    try {
      const blocked = this.#blockedBy(step, before);
      if (blocked) this.#skip(step, blocked);
      else await this.#decideAndRun(step);
    } catch (error) {
      this.#fail(step, toFailure(error), 0, 0);
    }
  }

  #blockedBy(step: Step, before: readonly StepId[]): Reason | undefined {
    if (this.#context.cancel.requested) return reason("upstream-failed", "the run was cancelled");
    const imported = new Set(step.edges.map((edge) => edge.from));
    const ended = before.map((id) => this.#outcomes.get(id)!);
    const failed = ended.find(({ status, step: id }) => status === "failed" && (imported.has(id) || !this.#context.keepGoing));
    if (failed) return reason("upstream-failed", `${failed.step} failed`);
    const skipped = ended.find(({ status, step: id }) => status === "skipped" && imported.has(id));
    if (skipped) return reason("upstream-skipped", `${skipped.step} was skipped`);
    return this.#stopped();
  }

  #stopped(): Reason | undefined {
    if (this.#failed === undefined || this.#context.keepGoing) return undefined;
    return reason("upstream-failed", `the run stopped when ${this.#failed} failed; --keep-going goes on`);
  }

  async #decideAndRun(step: Step): Promise<void> {
    const decision = await this.#decision(step);
    if (decision.verdict === "reuse") return this.#reuse([{ step, decision }]);
    await this.#turns.use(this.#urgency(step), async () => {
      await this.#turn();
      const stopped = this.#context.cancel.requested ? reason("upstream-failed", "the run was cancelled") : this.#stopped();
      if (stopped) return this.#skip(step, stopped);
      await this.#execute(step, decision);
    });
  }

  /** The plan's decision still stands as long as no step has run since. */
  async #decision(step: Step): Promise<Decision> {
    const { graph, known } = this.#context;
    const early = this.#early.get(step.id);
    if (early && this.#executed === 0) return early;
    return decide(step, inputDigests(graph, step, this.#artifacts), known);
  }

  async #execute(step: Step, decision: Decision): Promise<void> {
    this.#executed++;
    const { emit, info } = this.#context;
    const startedAt = performance.now();
    const result = await runStep(this.#context, step, decision, this.#artifacts, () => {
      this.#coming.begun(step);
      if (step.config.isolation === "process") void this.#prepare(2);
      // Its record wants it, while the step works.
      setImmediate(decision.fingerprint);
    });
    const ms = performance.now() - startedAt;
    if (result.kind === "done") {
      const { artifacts, attempts } = result;
      this.#artifacts.set(step.id, artifacts);
      emit({ type: "step.ran", run: info.id, step: step.id, ms: Math.round(ms), attempts, artifacts, changed: result.changed });
      this.#outcomes.set(step.id, outcome(step, "ran", decision.reason.text, ms, attempts));
    } else if (result.kind === "failed") this.#fail(step, result.failure, ms, result.attempts);
    else if (result.kind === "skipped") this.#skip(step, reason("upstream-skipped", result.reason));
    else this.#cancelled(step, ms);
  }

  async #reuse(reused: readonly Reused[]): Promise<void> {
    for (const { step, decision } of reused) {
      this.#artifacts.set(step.id, decision.record.artifacts);
      this.#coming.begun(step);
    }
    for (const outcome of await reuseSteps(this.#context, reused)) this.#outcomes.set(outcome.step, outcome);
    for (const { step, decision } of reused) this.#reused.set(step.id, decision.record);
  }

  #fail(step: Step, failure: Failure, ms: number, attempts: number): void {
    this.#failed ??= step.id;
    const whole = { step: step.id, ...failure };
    this.#end(outcome(step, "failed", failure.message, ms, attempts), null, whole);
    this.#context.emit({ type: "step.failed", run: this.#context.info.id, step: step.id, ms: Math.round(ms), attempts, failure: whole });
  }

  #skip(step: Step, why: Reason): void {
    this.#coming.begun(step);
    this.#end(outcome(step, "skipped", why.text, 0, 0), null, null);
    this.#context.emit({ type: "step.skipped", run: this.#context.info.id, step: step.id, reason: why });
  }

  #cancelled(step: Step, ms: number): void {
    this.#end(outcome(step, "cancelled", "the run was cancelled", ms, 1), null, null);
    this.#context.emit({ type: "step.cancelled", run: this.#context.info.id, step: step.id, ms: Math.round(ms) });
  }

  #end(ended: StepOutcome, record: number | null, failure: Failure | null): void {
    this.#outcomes.set(ended.step, ended);
    const { db, mask, info } = this.#context;
    putRunStep(db, info.id, mask.data(ended), record, mask.data(failure));
  }
}

function hasRecord(entry: readonly [StepId, KeptRecord | undefined]): entry is readonly [StepId, KeptRecord] {
  return entry[1] !== undefined;
}

function outcome(step: Step, status: StepStatus, why: string, ms: number, attempts: number): StepOutcome {
  return { step: step.id, status, reason: why, ms: Math.round(ms), attempts };
}
