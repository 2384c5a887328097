import type { Hook, SlotReport } from "./define.ts";
import { patience } from "./hooks.ts";
import type { Voice } from "./voice.ts";

/** Calls hooks. They are the user's code: whatever one does, the schedule goes on, and ends when it is told to. */
export class Telling {
  readonly #voice: Voice;
  readonly #waitedFor = new Set<Promise<void>>();
  #hanging = 0;

  constructor(voice: Voice) {
    this.#voice = voice;
  }

  /** Whether one that is no longer waited for has not ended yet. */
  get hangs(): boolean {
    return this.#hanging > 0;
  }

  tell(hook: Hook | undefined, report: SlotReport): void {
    const told = this.#inTime((async () => hook?.(report))()).catch((error: unknown) =>
      this.#voice.say(
        `${report.schedule} ${report.slot}: its hook failed: ${error instanceof Error ? error.message : String(error)}`,
        { schedule: report.schedule, slot: report.slot },
        "warn",
      ),
    );
    this.#waitedFor.add(told);
    void told.finally(() => this.#waitedFor.delete(told));
  }

  async settled(): Promise<void> {
    await Promise.all(this.#waitedFor);
  }

  async #inTime(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const ended = () => void this.#hanging--;
        this.#hanging++;
        work.then(ended, ended);
        reject(new Error(`it has not ended in ${patience / 1000} s, and is not waited for`));
      }, patience);
    });
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
