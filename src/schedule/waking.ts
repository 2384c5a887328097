import { schedule as alarm, type ScheduledTask } from "node-cron";

/** How often the ledger is looked at beside the alarms, which a blocked loop or a suspended machine may swallow. */
const pollEvery = { leading: 5_000, waiting: 1_000 };

/** Has a scheduler look at the ledger, each minute and between. */
export class Waking {
  #alarm: ScheduledTask | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param look tells whether the scheduler leads */
  start(look: () => boolean): void {
    // Slots are whole minutes. Which of them are due the ledger says, also after an alarm that came late.
    this.#alarm = alarm("* * * * *", () => void look(), { suppressMissedWarning: true });
    this.#poll(look);
  }

  #poll(look: () => boolean): void {
    const leads = look();
    this.#timer = setTimeout(() => this.#poll(look), leads ? pollEvery.leading : pollEvery.waiting);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#alarm?.destroy();
  }
}
