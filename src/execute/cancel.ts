/** What is asked of one is asked of the other, too, which may be asked by others. @returns the function that ends that */
export function passOn(from: Cancellation, to: Cancellation): () => void {
  return from.onCancel((now) => {
    to.request();
    if (now) to.request();
  });
}

/** One request to end a run, heard by all that works on it: first politely, then at once. */
export class Cancellation {
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(now: boolean) => void>();
  #now = false;

  get requested(): boolean {
    return this.#abort.signal.aborted;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Asks to end; asked a second time, insists. */
  request(): void {
    this.#now = this.requested;
    this.#abort.abort();
    for (const listener of this.#listeners) listener(this.#now);
  }

  /** @param listener is to end what it works on; `now`: at once */
  onCancel(listener: (now: boolean) => void): () => void {
    this.#listeners.add(listener);
    if (this.requested) listener(this.#now);
    return () => this.#listeners.delete(listener);
  }
}
