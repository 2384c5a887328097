import { explain, isHeld } from "./refusal.ts";

/** What somebody else holds in Postgres waits for the next pass; all else goes in this one. */
export class Held {
  readonly #errors = new Map<string, unknown>();

  /** Does the work, unless what it needs was met as held in this pass. */
  async unless(what: string, work: () => Promise<void>): Promise<void> {
    if (this.#errors.has(what)) return;
    try {
      await work();
    } catch (error) {
      if (!isHeld(error)) throw error;
      this.#errors.set(what, error);
    }
  }

  /** @throws what was held, if anything was */
  tell(): void {
    const [error] = this.#errors.values();
    if (error !== undefined) throw new Error(`somebody else holds ${[...this.#errors.keys()].join(", ")}: ${explain(error)}`);
  }
}
