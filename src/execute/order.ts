import type { Step, StepId } from "../model.ts";
import type { KeptRecord } from "../record/records.ts";

/** Says which steps must have ended before a step starts. */
export class Order {
  readonly #steps: readonly Step[];
  readonly #unwired: readonly Step[];
  readonly #byId: ReadonlyMap<StepId, Step>;
  /** File → steps that wrote it when they last ran. */
  readonly #writers = new Map<string, StepId[]>();
  /** Step → files that it read when it last ran. */
  readonly #readers = new Map<StepId, string[]>();

  constructor(steps: readonly Step[], latestRecord: (name: string) => KeptRecord | undefined) {
    this.#steps = steps;
    this.#unwired = steps.filter((step) => step.unwired);
    this.#byId = new Map(steps.map((step) => [step.id, step]));
    for (const step of steps) this.#look(step, latestRecord(step.name));
  }

  #look(step: Step, record: KeptRecord | undefined): void {
    for (const { path } of record?.written ?? []) this.#writers.set(path, [...(this.#writers.get(path) ?? []), step.id]);
    const files = (record?.reads ?? []).filter(({ kind }) => kind === "file" || kind === "exists" || kind === "stat");
    this.#readers.set(step.id, files.map(({ name }) => name));
  }

  /**
   * Of the lower-numbered steps: those that it imports; those that wrote a file which it read, as
   * their last records show; and, so that plain numbered scripts work as they are, all of them
   * around an unwired script.
   */
  waitsFor(step: Step): StepId[] {
    const needed = new Set([...step.edges.map((edge) => edge.from), ...this.#readers.get(step.id)!.flatMap((file) => this.#writers.get(file) ?? [])]);
    const candidates = step.unwired ? this.#steps : [...this.#unwired, ...[...needed].flatMap((id) => this.#byId.get(id) ?? [])];
    return [...new Set(candidates)].filter((other) => other.number < step.number).map((other) => other.id);
  }
}
