/** Lets a number of tasks work at a time; of the others the most urgent is next, and of equal ones the one that came first. */
export class Turns {
  #free: number;
  readonly #waiting: { readonly urgency: number; readonly go: () => void }[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async use<T>(urgency: number, task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((go) => this.#wait({ urgency, go }));
    try {
      return await task();
    } finally {
      // What waited for this task may be more urgent than what waits here already, and comes within this turn of the loop.
      if (this.#waiting.length > 0) setImmediate(() => this.#next());
      else this.#free++;
    }
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next) next.go();
    else this.#free++;
  }

  #wait(task: { readonly urgency: number; readonly go: () => void }): void {
    const before = this.#waiting.findIndex(({ urgency }) => urgency < task.urgency);
    this.#waiting.splice(before < 0 ? this.#waiting.length : before, 0, task);
  }
}
