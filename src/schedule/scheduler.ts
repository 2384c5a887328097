import { setTimeout as sleep } from "node:timers/promises";
import { schedule as alarm, type ScheduledTask } from "node-cron";
import type { Event } from "../events.ts";
import { toFailure } from "../errors.ts";
import { Cancellation } from "../execute/cancel.ts";
import { beat } from "../record/beat.ts";
import { lead, resign } from "../record/leader.ts";
import { claim, dropUnknown, dueAgain, endSlot, nextDue, noteRun, noteSchedule, recoverSlots, type SlotRow, slotOf, thisWorker, type Worker } from "../record/slots.ts";
import type { Db } from "../record/state.ts";
import { type Attempt, attemptSlot } from "./attempt.ts";
import type { Schedule, SlotReport } from "./define.ts";
import { grace } from "./enter.ts";
import { enterDue } from "./enter-due.ts";
import type { Voice } from "./voice.ts";

/** How often the ledger is looked at beside the alarms, which a blocked loop or a suspended machine may swallow. */
const pollEvery = { leading: 5_000, waiting: 1_000 };

/** What the scheduler has from outside: the real clock, processes and runs, or those of a model. */
export interface Outside {
  now(): number;
  readonly worker: Worker;
  readonly attempt: typeof attemptSlot;
  /** The end of a run could not be written: this scheduler ends, and the next one takes the slot up. */
  broken(error: unknown): void;
}

const reality: Outside = {
  now: Date.now,
  worker: thisWorker(),
  attempt: attemptSlot,
  broken(error) {
    throw error;
  },
};

/** Who looks on while runs go on, such as the pages. */
interface Onlooker {
  event(event: Event): void;
  ended(): void;
}

/** Turns time into runs. What is due is in the ledger before anything runs, so that a crash at any point loses nothing. */
export class Scheduler {
  readonly #db: Db;
  readonly #project: string;
  readonly #schedules: ReadonlyMap<string, Schedule>;
  readonly #voice: Voice;
  readonly #outside: Outside;
  readonly #running = new Map<string, { readonly schedule: string; readonly cancellation: Cancellation; readonly done: Promise<void> }>();
  readonly #stopped = new AbortController();
  #alarm: ScheduledTask | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onlooker: Onlooker | undefined;
  /** Hooks that have not ended. */
  readonly #telling = new Set<Promise<void>>();
  #leads = false;
  #draining = false;
  /** Whether a slot ended as failed. */
  failed = false;

  constructor(db: Db, project: string, schedules: readonly Schedule[], voice: Voice, outside: Outside = reality) {
    this.#db = db;
    this.#project = project;
    this.#schedules = new Map(schedules.map((schedule) => [schedule.name, schedule]));
    this.#voice = voice;
    this.#outside = outside;
  }

  get leads(): boolean {
    return this.#leads;
  }

  get draining(): boolean {
    return this.#draining;
  }

  watch(onlooker: Onlooker): void {
    this.#onlooker = onlooker;
  }

  /** Stays until it is drained. */
  start(): void {
    // Slots are whole minutes. Which of them are due the ledger says, also after an alarm that came late.
    this.#alarm = alarm("* * * * *", () => this.#look(), { suppressMissedWarning: true });
    this.#poll();
  }

  #poll(): void {
    if (this.#draining) return;
    this.#look();
    this.#timer = setTimeout(() => this.#poll(), this.#leads ? pollEvery.leading : pollEvery.waiting);
  }

  /** A look that fails, on a full disk for one, is followed by others; meanwhile there is no sign of life, which health shows. */
  #look(): void {
    try {
      this.tick();
    } catch (error) {
      this.#voice.say(`cannot look at the slots: ${toFailure(error).message}`, {}, "error");
    }
  }

  /** Enters what is due and starts what may run. Harmless at any time. */
  tick(): void {
    if (this.#draining || !this.#mayLead()) return;
    for (const schedule of this.#schedules.values()) this.#enter(schedule, this.#outside.now());
    while (nextDue(this.#db, this.#outside.now()).map((row) => this.#startSlot(row)).includes(true));
    beat(this.#project);
  }

  #mayLead(): boolean {
    const before = this.#leads;
    this.#leads = lead(this.#db, this.#outside.worker);
    // Also of a backfill, which may die beside a scheduler that lives.
    if (this.#leads) recoverSlots(this.#db, this.#outside.worker);
    if (!this.#leads || before) return this.#leads;
    dropUnknown(this.#db, [...this.#schedules.keys()]);
    for (const { name, cron, zone, ...rest } of this.#schedules.values()) noteSchedule(this.#db, name, { ...rest, cron: cron.fields, timezone: zone.name }, this.#outside.now());
    this.#voice.say(`scheduling ${[...this.#schedules.keys()].join(", ")}`);
    return true;
  }

  #enter(schedule: Schedule, now: number): void {
    const entries = enterDue(this.#db, schedule, now);
    for (const { slot, status, reason } of entries) {
      const at = new Date(slot).toISOString();
      if (status !== "due") this.#voice.say(`${schedule.name} ${at}: ${status} (${reason})`, { schedule: schedule.name, slot: at }, "warn");
      if (status === "missed") this.#tell(schedule.onMissed, { schedule: schedule.name, slot: at, status, reason, run: null, attempts: 0 });
    }
  }

  /** @returns whether it was started: a further slot of its schedule may be next */
  #startSlot(row: SlotRow): boolean {
    const schedule = this.#schedules.get(row.schedule);
    const busy = [...this.#running.values()].some((each) => each.schedule === row.schedule);
    // What is caught up runs one after the other all the same.
    const beside = schedule?.overlap === "allow" && this.#outside.now() - Date.parse(row.slot) <= grace;
    if (!schedule || (busy && !beside) || !claim(this.#db, row, this.#outside.worker)) return false;
    const cancellation = new Cancellation();
    const id = `${row.schedule} ${row.slot}`;
    this.#running.set(id, { schedule: row.schedule, cancellation, done: this.#run(schedule, row, cancellation).finally(() => this.#running.delete(id)).then(() => this.#look(), this.#outside.broken) });
    return true;
  }

  async #run(schedule: Schedule, row: SlotRow, cancellation: Cancellation): Promise<void> {
    const listen = (event: Event) => {
      if (event.type === "run.started") noteRun(this.#db, row, event.run);
      this.#voice.event(event, { schedule: row.schedule, slot: row.slot });
      this.#onlooker?.event(event);
    };
    const attempt = await this.#outside.attempt(schedule, { project: this.#project, slot: row.slot, trigger: "cron" }, listen, cancellation);
    this.#onlooker?.ended();
    this.#end(schedule, row, attempt);
  }

  #end(schedule: Schedule, row: SlotRow, { status, reason }: Attempt): void {
    if (status === "cancelled") return dueAgain(this.#db, row, false, 0);
    if (status === "failed" && row.failures < schedule.retries) {
      dueAgain(this.#db, row, true, this.#outside.now() + schedule.retryDelay);
      setTimeout(() => this.#look(), schedule.retryDelay).unref();
      return this.#voice.say(`${row.schedule} ${row.slot}: failed (${reason}); attempt ${row.attempts + 2} follows`, { schedule: row.schedule, slot: row.slot }, "warn");
    }
    endSlot(this.#db, row, status, reason);
    this.failed ||= status === "failed";
    const { run = null, attempts = 0 } = slotOf(this.#db, row.schedule, row.slot) ?? {};
    this.#voice.say(`${row.schedule} ${row.slot}: ${status}${reason === null ? "" : ` (${reason})`}`, { schedule: row.schedule, slot: row.slot, ...(run === null ? {} : { run }) }, status === "failed" ? "error" : "info");
    this.#tell(status === "failed" ? schedule.onFailure : schedule.onSuccess, { schedule: row.schedule, slot: row.slot, status, reason, run, attempts });
  }

  /** A hook is the user's code: whatever it does, the schedule goes on. */
  #tell(hook: ((report: SlotReport) => unknown) | undefined, report: SlotReport): void {
    const told = (async () => hook?.(report))().then(() => {}, (error: unknown) => this.#voice.say(`${report.schedule} ${report.slot}: its hook failed: ${error instanceof Error ? error.message : String(error)}`, { schedule: report.schedule, slot: report.slot }, "warn"));
    this.#telling.add(told);
    void told.finally(() => this.#telling.delete(told));
  }

  /** Runs what is due now, its further attempts included, and returns. */
  async once(): Promise<void> {
    this.tick();
    for (;;) {
      while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
      const next = nextDue(this.#db, Number.MAX_SAFE_INTEGER).filter((row) => this.#schedules.has(row.schedule))[0];
      if (!next || this.#draining || !this.#leads) break;
      await sleep(Math.max(10, next.notBefore - Date.now()), undefined, { signal: this.#stopped.signal }).catch(() => {});
      this.tick();
    }
    await Promise.all(this.#telling);
  }

  /** Starts nothing more; what runs may end within so many ms, then it is cancelled and due again at the next start. */
  async drain(ms: number): Promise<void> {
    this.#draining = true;
    clearTimeout(this.#timer);
    this.#stopped.abort();
    await this.#alarm?.destroy();
    const runs = [...this.#running.values()];
    const timer = setTimeout(() => this.cancel(), ms);
    await Promise.all(runs.map(({ done }) => done));
    clearTimeout(timer);
    await Promise.all(this.#telling);
    resign(this.#db);
  }

  cancel(): void {
    for (const { cancellation } of this.#running.values()) cancellation.request();
  }
}
