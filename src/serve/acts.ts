import { pastSlots, runSlots } from "../command/backfill.ts";
import { retryOf } from "../command/retry.ts";
import { findSchedule } from "../command/schedules.ts";
import { defaultRunOptions } from "../config.ts";
import { fail, toFailure } from "../errors.ts";
import type { Emit } from "../events.ts";
import { Cancellation } from "../execute/cancel.ts";
import { runMirrored } from "../mirror/run.ts";
import { findRun } from "../record/runs.ts";
import type { Db } from "../record/state.ts";
import { readRange } from "../schedule/range.ts";
import type { Duty } from "./health/health.ts";
import type { Live } from "./live.ts";
import type { RunWish } from "./wish.ts";

interface BackfillWish {
  readonly schedule: string;
  readonly from: unknown;
  readonly to: unknown;
}

const mostAtOnce = 4;
/** A backfill of a page has no more slots than a page can show. */
export const mostSlots = 500;

/** Where runs are started, and who is told of them. */
interface Place {
  readonly project: string;
  readonly kept: { readonly db: Db };
  readonly live: Live;
  readonly duty: () => Duty | null;
}

/** A run, or the runs of a backfill. */
interface Work {
  readonly cancellation: Cancellation;
  ended: Promise<void>;
  /** That which goes on; null: it waits for another one. */
  run: string | null;
}

/** The one run that this server may have under way. */
export class Acts {
  readonly #place: Place;
  #working = 0;
  #current: Work | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** A run or a backfill of this server goes on. */
  get busy(): boolean {
    return this.#current !== undefined;
  }

  /**
   * Starts a run, as the command does it.
   * @returns its id, as soon as it has one
   * @throws what is wrong before a step runs; E_LOCKED while another run goes on
   */
  start(wish: RunWish): Promise<string | null> {
    const {
      kept: { db },
      project,
    } = this.#place;
    const { retry, ...rest } = wish;
    const options = {
      ...defaultRunOptions(project),
      ...rest,
      ...(retry === undefined ? {} : retryOf(db, findRun(db, retry))),
      wait: false,
      trigger: "ui" as const,
    };
    // One of the scheduler that serves the pages.
    if (this.#place.live.run !== null) refuseSecond();
    return this.#begin((emit, cancellation) => runMirrored(options, emit, cancellation)).catch((error: unknown) => {
      const { code, message } = toFailure(error);
      // Its own advice is for the command's flags.
      if (code === "E_LOCKED") fail(code, message, { remedy: "wait for its end, then run again" });
      throw error;
    });
  }

  /** Runs past slots one after the other, as the command does it. @returns the id of the first run; null: none was to run */
  async backfill({ schedule: name, from, to }: BackfillWish): Promise<string | null> {
    const {
      kept: { db },
      project,
    } = this.#place;
    const { schedule } = findSchedule(db, name);
    const slots = pastSlots(schedule, readRange(schedule, from, to), mostSlots + 1);
    if (slots.length > mostSlots)
      fail("E_USAGE", `more than ${mostSlots} slots`, { remedy: "take a shorter time, or the command: backfill --from … --to …" });
    return this.#begin((emit, cancellation) => runSlots(db, project, schedule, slots, undefined, emit, cancellation));
  }

  #begin(work: (emit: Emit, cancellation: Cancellation) => Promise<unknown>): Promise<string | null> {
    if (this.#current) refuseSecond();
    const { live } = this.#place;
    const current: Work = { cancellation: new Cancellation(), ended: Promise.resolve(), run: null };
    this.#current = current;
    return new Promise((resolve, reject) => {
      const listen: Emit = (event) => {
        if (event.type === "run.started") {
          current.run = event.run;
          resolve(event.run);
        }
        live.take(event);
        if (event.type === "run.finished") current.run = null;
      };
      current.ended = work(listen, current.cancellation)
        .then(
          () => resolve(null),
          (error: unknown) => reject(error instanceof Error ? error : new Error(toFailure(error).message)),
        )
        .finally(() => {
          this.#current = undefined;
          live.ended(current.run);
          live.changed();
        });
    });
  }

  /** Ends the run, politely at first and at once when asked again. @throws E_NOT_FOUND where none goes on */
  cancel(): void {
    const { live, duty } = this.#place;
    if (this.#current?.run === live.run) return this.#current.cancellation.request();
    // The scheduler that serves the pages has runs of its own, which a backfill may wait for.
    if (duty()?.stop() === true) return;
    if (!this.#current) fail("E_NOT_FOUND", "no run of this server goes on");
    this.#current.cancellation.request();
  }

  /** Work that takes a process: some side by side, no more. @throws E_LOCKED */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working >= mostAtOnce) fail("E_LOCKED", "others are being worked on", { remedy: "ask again in a moment" });
    this.#working++;
    try {
      return await work();
    } finally {
      this.#working--;
    }
  }

  /** Before the server ends: its run must not be left alone. */
  async settle(): Promise<void> {
    this.#current?.cancellation.request();
    await this.#current?.ended;
  }
}

function refuseSecond(): never {
  return fail("E_LOCKED", "a run goes on", { remedy: "wait for it, or cancel it" });
}
