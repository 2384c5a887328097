import { Cancellation } from "../execute/cancel.ts";

interface Run {
  readonly schedule: string;
  readonly cancellation: Cancellation;
  readonly done: Promise<void>;
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
  start(schedule: string, work: (cancellation: Cancellation) => Promise<void>, after: () => void, broken: (error: unknown) => void): void {
    const cancellation = new Cancellation();
    const run: Run = {
      schedule,
      cancellation,
      done: work(cancellation)
        .finally(() => this.#runs.delete(run))
        .then(after, broken),
    };
    this.#runs.add(run);
  }

  /** Waits for all, also for those that are started meanwhile. */
  async ended(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all([...this.#runs].map(({ done }) => done));
  }

  cancel(): void {
    for (const { cancellation } of this.#runs) cancellation.request();
  }
}
