import { type Kept, openKept } from "../open-kept.ts";
import { mirrorState } from "../record/outbox.ts";
import { explain } from "./refusal.ts";
import { type Ends, ship } from "./ship.ts";
import { mask } from "./url.ts";

/** How long the mirror stays away from a database that does not answer. */
const backOff = { first: 1_000, most: 60_000 };

/**
 * Sends in the background while other work goes on. Nothing that it meets is an error of that work: what cannot be
 * sent waits in the outbox.
 */
export class Shipper {
  readonly #kept: Kept;
  readonly #abort = new AbortController();
  readonly #ends: Ends;
  readonly #warn: (message: string) => void;
  #pass: Promise<void> | undefined;
  #again = false;
  #wait = 0;
  #timer: NodeJS.Timeout | undefined;
  #trouble: string | undefined;

  constructor(project: string, url: string, warn: (message: string) => void) {
    this.#kept = openKept(project);
    this.#warn = warn;
    this.#ends = { db: this.#kept.db, store: this.#kept.store, project, url, signal: this.#abort.signal };
  }

  /** What keeps the mirror from its database now. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Something may wait. While the database is away the clock decides, not the number of commits. */
  poke(): void {
    if (this.#timer || this.#abort.signal.aborted) return;
    if (this.#pass) this.#again = true;
    else this.#pass = this.#work().finally(() => this.#next());
  }

  async #work(): Promise<void> {
    try {
      const { parked } = await ship(this.#ends);
      for (const each of parked) this.#warn(`mirror: parked after three refusals: ${each}; the mirror command shows it`);
      this.#wait = 0;
      this.#trouble = undefined;
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#wait = Math.min(backOff.most, this.#wait * 2 || backOff.first);
      this.#trouble = mask(explain(error), this.#ends.url);
    }
  }

  #next(): void {
    this.#pass = undefined;
    if (this.#abort.signal.aborted) return void this.#kept.db.close();
    if (this.#wait > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.poke();
      }, this.#wait);
      this.#timer.unref();
    } else if (this.#again) {
      this.#again = false;
      this.poke();
    }
  }

  /**
   * Sends what it can in so many ms, then lets go: a line that hangs is cut.
   * @returns what is left, where something is
   */
  async finish(ms: number): Promise<string | undefined> {
    if (this.#wait === 0) this.poke();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    const done = (async () => {
      while (this.#pass) await this.#pass;
    })();
    await Promise.race([done, late]);
    clearTimeout(timer);
    clearTimeout(this.#timer);
    const left = this.#left();
    this.#abort.abort();
    if (!this.#pass) this.#kept.db.close();
    return left;
  }

  #left(): string | undefined {
    const { waiting } = mirrorState(this.#kept.db);
    if (waiting === 0) return undefined;
    const [why, way] =
      this.#trouble === undefined
        ? ["it takes its time", "`mirror --now` sends what a run does not wait for"]
        : [this.#trouble, "the next run or `mirror --now` sends them"];
    return `mirror: ${waiting} ${waiting === 1 ? "row waits" : "rows wait"} for Postgres (${why}); nothing is lost, and ${way}`;
  }
}
