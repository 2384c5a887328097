import type { Failure } from "../errors.ts";
import type { Event } from "../events.ts";
import type { StepId } from "../model.ts";
import { newSpanId, type Span, traceIdOf, type Value } from "./span.ts";

/** A span that has not ended. */
interface Open {
  readonly name: string;
  readonly spanId: string;
  readonly parent: string | null;
  readonly start: number;
  readonly attributes: Record<string, Value>;
}

/** Makes spans of a run's events: run → step → attempt. */
export class Spans {
  readonly #ended: (span: Span) => void;
  readonly #now: () => number;
  readonly #steps = new Map<StepId, { readonly step: Open; attempt: Open | undefined }>();
  #traceId = "";
  #run: Open | undefined;

  constructor(ended: (span: Span) => void, now: () => number = Date.now) {
    this.#ended = ended;
    this.#now = now;
  }

  take(event: Event): void {
    if (event.type === "run.started") return this.#startRun(event);
    if (!this.#run) return;
    if (event.type === "step.started") this.#startAttempt(event);
    else if (event.type === "step.retrying") this.#endAttempt(event.step, event.failure);
    else if (event.type === "step.ran")
      this.#endStep(event.step, "ran", { "stepbook.attempts": event.attempts, "stepbook.changed": event.changed.length });
    else if (event.type === "step.failed") this.#endStep(event.step, "failed", { "stepbook.attempts": event.attempts }, event.failure);
    else if (event.type === "step.cancelled") this.#endStep(event.step, "cancelled");
    else if (event.type === "step.reused") this.#passed(event.step, "cached", event.reason, { "stepbook.reused_from": event.from });
    else if (event.type === "step.skipped") this.#passed(event.step, "skipped", event.reason);
    else if (event.type === "run.finished") this.#endRun(event.status);
  }

  /** However the run ended: nothing stays open. */
  close(): void {
    if (this.#run) this.#endRun("failed");
  }

  #startRun({ run, info, steps }: Extract<Event, { type: "run.started" }>): void {
    this.#traceId = traceIdOf(run);
    const attributes = {
      "stepbook.run": run,
      "stepbook.trigger": info.trigger,
      "stepbook.logical_date": info.logicalDate,
      "stepbook.steps": steps.length,
    };
    this.#run = { name: "run", spanId: newSpanId(), parent: null, start: Date.parse(info.startedAt), attributes };
  }

  #startAttempt({ step, attempt, reason }: Extract<Event, { type: "step.started" }>): void {
    const open = this.#steps.get(step) ?? {
      step: this.#open(step, this.#run!, { "stepbook.reason": reason.text, "stepbook.reason_code": reason.code }),
      attempt: undefined,
    };
    open.attempt = this.#open(`${step} attempt ${attempt}`, open.step, { "stepbook.attempt": attempt });
    open.attempt.attributes["stepbook.step"] = step;
    this.#steps.set(step, open);
  }

  #open(name: string, parent: Open, attributes: Record<string, Value>): Open {
    return {
      name,
      spanId: newSpanId(),
      parent: parent.spanId,
      start: this.#now(),
      attributes: { "stepbook.run": parent.attributes["stepbook.run"]!, "stepbook.step": name, ...attributes },
    };
  }

  #endAttempt(step: StepId, failure?: Failure): void {
    const open = this.#steps.get(step);
    if (!open?.attempt) return;
    this.#end(open.attempt, { "stepbook.status": failure ? "failed" : "ran" }, failure);
    open.attempt = undefined;
  }

  #endStep(step: StepId, status: string, more: Record<string, Value> = {}, failure?: Failure): void {
    const open = this.#steps.get(step);
    if (!open) return;
    if (open.attempt) this.#end(open.attempt, { "stepbook.status": status }, failure);
    this.#end(open.step, { "stepbook.status": status, "stepbook.cached": false, ...more }, failure);
    this.#steps.delete(step);
  }

  /** A step of which nothing was executed, or which ended by itself. */
  #passed(step: StepId, status: string, reason: { readonly text: string; readonly code: string }, more: Record<string, Value> = {}): void {
    const told = { "stepbook.reason": reason.text, "stepbook.reason_code": reason.code, "stepbook.cached": status === "cached", ...more };
    if (this.#steps.has(step)) return this.#endStep(step, status, told);
    this.#end(this.#open(step, this.#run!, {}), { "stepbook.status": status, ...told });
  }

  #endRun(status: string): void {
    for (const step of [...this.#steps.keys()]) this.#endStep(step, "cancelled");
    this.#end(
      this.#run!,
      { "stepbook.status": status },
      status === "failed" ? { message: "a step failed, or the run could not go on" } : undefined,
    );
    this.#run = undefined;
  }

  #end(
    { name, spanId, parent, start, attributes }: Open,
    more: Record<string, Value>,
    failure?: Pick<Failure, "message"> & { readonly code?: string },
  ): void {
    const error: Record<string, Value> = failure?.code === undefined ? {} : { "error.type": failure.code };
    this.#ended({
      name,
      traceId: this.#traceId,
      spanId,
      parentSpanId: parent,
      start,
      end: Math.max(start, this.#now()),
      attributes: { ...attributes, ...more, ...error },
      error: failure?.message ?? null,
    });
  }
}
