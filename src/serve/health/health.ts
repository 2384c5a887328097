import { beatAge } from "../../record/beat.ts";
import { leaderOf } from "../../record/leader.ts";
import type { Db } from "../../record/state.ts";

/** What this process has to do with the schedule; null: it only serves the pages. */
export interface Duty {
  readonly leads: boolean;
  /** It was told to end. */
  readonly draining: boolean;
  /** Ends the run of a slot that goes on in it. @returns whether there was one */
  stop(): boolean;
}

export interface Health {
  readonly status: "healthy" | "unhealthy";
  /** Why it is unhealthy. */
  readonly reason: string | null;
  readonly scheduler: {
    readonly pid: number;
    readonly since: string;
    readonly here: boolean;
    readonly secondsSinceBeat: number | null;
  } | null;
}

/** A leading scheduler looks at its slots every 5 s. */
const longestSilence = 20_000;

/**
 * Whether what should be scheduled here is: the leading scheduler's process lives, and its loop goes round. Any server of
 * the folder can tell, since both are facts of the machine and not what the scheduler once said of itself.
 */
export function healthOf(db: Db, project: string, duty: Duty | null): Health {
  const leader = leaderOf(db);
  if (!leader) return duty === null || duty.draining ? health(null, null) : health("no scheduler leads in this folder", null);
  const age = beatAge(project);
  const scheduler = {
    pid: leader.pid,
    since: leader.since,
    here: duty?.leads === true,
    secondsSinceBeat: age === null ? null : Math.round(age / 1000),
  };
  if (!leader.lives) return health(`the scheduler (process ${leader.pid}, since ${leader.since}) is dead`, scheduler);
  if (age === null) return health(`the scheduler (process ${leader.pid}) has not looked at its slots yet`, scheduler);
  if (age > longestSilence)
    return health(`the scheduler (process ${leader.pid}) has not looked at its slots for ${scheduler.secondsSinceBeat} s`, scheduler);
  return health(null, scheduler);
}

function health(reason: string | null, scheduler: Health["scheduler"]): Health {
  return { status: reason === null ? "healthy" : "unhealthy", reason, scheduler };
}
