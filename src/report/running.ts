import type { Event } from "../events.ts";
import type { Reason, StepId } from "../model.ts";

export interface Progress {
  readonly label: string;
  readonly done: number;
  readonly total: number | null;
  /** When this label was first seen and how far it was, and when it was seen last: what the time left is reckoned from. */
  readonly since: number;
  readonly from: number;
  readonly at: number;
}

export interface RunningStep {
  readonly step: StepId;
  readonly since: number;
  readonly reason: Reason;
  /** The attempt that is being waited for. */
  readonly waitsFor?: number;
  readonly progress?: Progress;
}

/** The steps that run at the moment, in the order in which they started. */
export class Running {
  readonly #steps = new Map<StepId, RunningStep>();

  /** @param now asks a clock that only goes forward for its ms */
  take(event: Event, now: () => number): void {
    switch (event.type) {
      case "run.started":
      case "run.finished":
        return this.#steps.clear();
      case "step.started":
        this.#steps.set(event.step, { step: event.step, since: this.get(event.step)?.since ?? now(), reason: event.reason });
        return;
      case "step.progress":
        return this.#change(event.step, (step) => ({ ...step, progress: progressOf(event, step.progress, now()) }));
      case "step.retrying":
        return this.#change(event.step, ({ step, since, reason }) => ({ step, since, reason, waitsFor: event.attempt }));
      case "step.ran":
      case "step.failed":
      case "step.skipped":
      case "step.cancelled":
        this.#steps.delete(event.step);
        return;
      default:
        return;
    }
  }

  get(step: StepId): RunningStep | undefined {
    return this.#steps.get(step);
  }

  get all(): RunningStep[] {
    return [...this.#steps.values()];
  }

  #change(step: StepId, change: (step: RunningStep) => RunningStep): void {
    const before = this.#steps.get(step);
    if (before) this.#steps.set(step, change(before));
  }
}

function progressOf(
  { label, done, total }: Extract<Event, { type: "step.progress" }>,
  before: Progress | undefined,
  now: number,
): Progress {
  const same = before !== undefined && before.label === label && done >= before.done;
  return { label, done, total, at: now, since: same ? before.since : now, from: same ? before.from : done };
}

/** Milliseconds left at the pace so far; undefined while that would be a guess. */
export function timeLeft({ done, total, since, from, at }: Progress, now: number): number | undefined {
  if (total === null || done <= from || done >= total || now - since < 1000) return undefined;
  const left = ((at - since) / (done - from)) * (total - done) - (now - at);
  return left > 500 ? left : undefined;
}
