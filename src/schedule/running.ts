import { Cancellation } from "../execute/cancel.ts";

/** A run of a slot, which may still wait for another run of the folder. */
export interface SlotRun {
  readonly cancellation: Cancellation;
  /** Its id, once it has begun. */
  begun: string | null;
  /** It was ended for good, by a person. */
  stopped: boolean;
}

interface Run extends SlotRun {
  readonly schedule: string;
  done: Promise<void>;
}

/** The runs of a scheduler that go on. */
export class Running {
  readonly #runs = new Set<Run>();

  has(schedule: string): boolean {
    return [...this.#runs].some((run) => run.schedule === schedule);
  }

  /**
   * @param after when it has ended and is none of these any more
   * @param broken where its end could not be written
   */
  start(schedule: string, work: (run: SlotRun) => Promise<void>, after: () => void, broken: (error: unknown) => void): void {
    const run: Run = { schedule, cancellation: new Cancellation(), begun: null, stopped: false, done: Promise.resolve() };
    run.done = work(run)
      .finally(() => this.#runs.delete(run))
      .then(after, broken);
    this.#runs.add(run);
  }

  /** Waits for all, also for those that are started meanwhile. */
  async ended(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all([...this.#runs].map(({ done }) => done));
  }

  /** Ends for good the one that has begun, or all where none has: asked again, at once. @returns whether there was one */
  stop(): boolean {
    const all = [...this.#runs];
    const begun = all.filter((run) => run.begun !== null);
    for (const run of begun.length > 0 ? begun : all) {
      run.stopped = true;
      run.cancellation.request();
    }
    return all.length > 0;
  }

  cancel(): void {
    for (const { cancellation } of this.#runs) cancellation.request();
  }
}
