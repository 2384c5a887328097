import { setTimeout as sleep } from "node:timers/promises";
import type { Event } from "../events.ts";
import { toFailure } from "../errors.ts";
import { beat } from "../record/beat.ts";
import { lead, resign } from "../record/leader.ts";
import { recoverSlots } from "../record/recover-slots.ts";
import { claim, dropUnknown, dueAgain, endSlot, nextDue, noteRun, noteSchedule, type SlotRow, slotOf } from "../record/slots.ts";
import type { Db } from "../record/state.ts";
import type { Attempt } from "./attempt.ts";
import type { Schedule } from "./define.ts";
import { grace } from "./enter.ts";
import { enterDue } from "./enter-due.ts";
import { Running, type SlotRun } from "./running.ts";
import { Telling } from "./telling.ts";
import type { Voice } from "./voice.ts";
import { Waking } from "./waking.ts";
import { realWorld, type World } from "./world.ts";

/** Who looks on while runs go on, such as the pages. */
interface Onlooker {
  event(event: Event): void;
  ended(run: string | null): void;
}

/** Turns time into runs. What is due is in the ledger before anything runs, so that a crash at any point loses nothing. */
export class Scheduler {
  readonly #db: Db;
  readonly #project: string;
  readonly #schedules: ReadonlyMap<string, Schedule>;
  readonly #voice: Voice;
  readonly #world: World;
  readonly #telling: Telling;
  readonly #waking = new Waking();
  readonly #running = new Running();
  readonly #stopped = new AbortController();
  #onlooker: Onlooker | undefined;
  #leads = false;
  #draining = false;
  /** Whether a slot ended as failed. */
  failed = false;

  constructor(db: Db, project: string, schedules: readonly Schedule[], voice: Voice, world: World = realWorld) {
    this.#db = db;
    this.#project = project;
    this.#schedules = new Map(schedules.map((schedule) => [schedule.name, schedule]));
    this.#voice = voice;
    this.#world = world;
    this.#telling = new Telling(voice);
  }

  get leads(): boolean {
    return this.#leads;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Whether a hook hangs, which may hold the process. */
  get hangs(): boolean {
    return this.#telling.hangs;
  }

  watch(onlooker: Onlooker): void {
    this.#onlooker = onlooker;
  }

  /** Stays until it is drained. */
  start(): void {
    this.#waking.start(() => {
      this.#look();
      return this.#leads;
    });
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
    for (const schedule of this.#schedules.values()) this.#enter(schedule, this.#world.now());
    while (
      nextDue(this.#db, this.#world.now())
        .map((row) => this.#startSlot(row))
        .includes(true)
    );
    beat(this.#project);
  }

  #mayLead(): boolean {
    const before = this.#leads;
    this.#leads = lead(this.#db, this.#world.worker);
    // Also of a backfill, which may die beside a scheduler that lives.
    if (this.#leads) for (const row of recoverSlots(this.#db, this.#world.worker)) this.#ended(row, "failed", row.reason);
    if (!this.#leads || before) return this.#leads;
    dropUnknown(this.#db, [...this.#schedules.keys()]);
    for (const { name, cron, zone, ...rest } of this.#schedules.values())
      noteSchedule(this.#db, name, { ...rest, cron: cron.fields, timezone: zone.name }, this.#world.now());
    this.#voice.say(`scheduling ${[...this.#schedules.keys()].join(", ")}`);
    return true;
  }

  #enter(schedule: Schedule, now: number): void {
    const entries = enterDue(this.#db, schedule, now);
    for (const { slot, status, reason } of entries) {
      const at = new Date(slot).toISOString();
      if (status !== "due") this.#voice.say(`${schedule.name} ${at}: ${status} (${reason})`, { schedule: schedule.name, slot: at }, "warn");
      if (status === "missed")
        this.#telling.tell(schedule.onMissed, { schedule: schedule.name, slot: at, status, reason, run: null, attempts: 0 });
    }
  }

  /** @returns whether it was started: a further slot of its schedule may be next */
  #startSlot(row: SlotRow): boolean {
    const schedule = this.#schedules.get(row.schedule);
    // What is caught up runs one after the other all the same.
    const beside = schedule?.overlap === "allow" && this.#world.now() - Date.parse(row.slot) <= grace;
    if (!schedule || (this.#running.has(row.schedule) && !beside) || !claim(this.#db, row, this.#world.worker)) return false;
    this.#running.start(
      row.schedule,
      (run) => this.#run(schedule, row, run),
      () => this.#look(),
      this.#world.broken,
    );
    return true;
  }

  async #run(schedule: Schedule, row: SlotRow, run: SlotRun): Promise<void> {
    const listen = (event: Event) => {
      if (event.type === "run.started") {
        noteRun(this.#db, row, event.run);
        run.begun = event.run;
      }
      this.#voice.event(event, { schedule: row.schedule, slot: row.slot });
      this.#onlooker?.event(event);
    };
    const attempt = await this.#world.attempt(
      schedule,
      { project: this.#project, slot: row.slot, trigger: "cron" },
      listen,
      run.cancellation,
    );
    this.#onlooker?.ended(run.begun);
    if (run.stopped && attempt.status !== "succeeded") this.#endFor(row, "failed", "its run was cancelled");
    else this.#end(schedule, row, attempt);
  }

  #end(schedule: Schedule, row: SlotRow, { status, reason }: Attempt): void {
    if (status === "cancelled") return dueAgain(this.#db, row, false, 0);
    if (status === "failed" && row.failures < schedule.retries) {
      dueAgain(this.#db, row, true, this.#world.now() + schedule.retryDelay);
      setTimeout(() => this.#look(), schedule.retryDelay).unref();
      return this.#voice.say(
        `${row.schedule} ${row.slot}: failed (${reason}); attempt ${row.attempts + 2} follows`,
        { schedule: row.schedule, slot: row.slot },
        "warn",
      );
    }
    this.#endFor(row, status, reason);
  }

  /** No further attempt follows. */
  #endFor(row: SlotRow, status: "succeeded" | "failed", reason: string | null): void {
    endSlot(this.#db, row, status, reason);
    this.#ended(row, status, reason);
  }

  #ended(row: SlotRow, status: "succeeded" | "failed", reason: string | null): void {
    this.failed ||= status === "failed";
    const schedule = this.#schedules.get(row.schedule);
    const { run = null, attempts = 0 } = slotOf(this.#db, row.schedule, row.slot) ?? {};
    this.#voice.say(
      `${row.schedule} ${row.slot}: ${status}${reason === null ? "" : ` (${reason})`}`,
      { schedule: row.schedule, slot: row.slot, ...(run === null ? {} : { run }) },
      status === "failed" ? "error" : "info",
    );
    this.#telling.tell(status === "failed" ? schedule?.onFailure : schedule?.onSuccess, {
      schedule: row.schedule,
      slot: row.slot,
      status,
      reason,
      run,
      attempts,
    });
  }

  /** Runs what is due now, its further attempts included, and returns. */
  async once(): Promise<void> {
    this.tick();
    for (;;) {
      await this.#running.ended();
      const next = nextDue(this.#db, Number.MAX_SAFE_INTEGER).filter((row) => this.#schedules.has(row.schedule))[0];
      if (!next || this.#draining || !this.#leads) break;
      await sleep(Math.max(10, next.notBefore - Date.now()), undefined, { signal: this.#stopped.signal }).catch(() => {});
      this.tick();
    }
    await this.#telling.settled();
  }

  /** Starts nothing more; what runs may end within so many ms, then it is cancelled and due again at the next start. */
  async drain(ms: number): Promise<void> {
    this.#draining = true;
    this.#stopped.abort();
    await this.#waking.stop();
    const timer = setTimeout(() => this.cancel(), ms);
    await this.#running.ended();
    clearTimeout(timer);
    await this.#telling.settled();
    resign(this.#db);
  }

  /** Ends the run that goes on, for who looks on: its slot has failed, and is not tried again. @returns whether there was one */
  stop(): boolean {
    return this.#running.stop();
  }

  /** All runs end, and their slots are due again. */
  cancel(): void {
    this.#running.cancel();
  }
}
