import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../errors.ts";
import { sabotaged } from "../sabotage.ts";
import { bootId, identify, isAlive } from "./processes.ts";
import { type Db, unsynced } from "./state.ts";

/** Who holds a project's lock. */
export interface LockOwner {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
  readonly since: string;
}

const retryEvery = 100;

/** Whether this process works under the lock. One that could not be given back, on a full disk, must not be waited for. */
let held = false;

/**
 * Takes the project's lock: one runner at a time. A dead owner's lock is taken over at once; a
 * living owner is waited for, however long it sleeps, or, with `wait` false, reported.
 * @returns the function that gives the lock back
 * @throws E_LOCKED
 */
export async function takeLock(db: Db, wait: boolean, onWait: (owner: LockOwner) => void, signal: AbortSignal): Promise<() => void> {
  let told = false;
  for (;;) {
    const owner = tryLock(db);
    if (!owner) return () => giveBack(db);
    if (!wait) {
      fail("E_LOCKED", `another runner (pid ${owner.pid}, since ${owner.since}) works in this folder`, {
        remedy: "wait for it, or leave out --no-wait to queue behind it",
      });
    }
    if (!told) onWait(owner);
    told = true;
    await sleep(retryEvery, undefined, { signal });
  }
}

function giveBack(db: Db): void {
  held = false;
  unsynced(db, () => db.prepare("DELETE FROM lock WHERE pid = ?").run(process.pid));
}

/** The living owner, or undefined: the lock is now ours. */
function tryLock(db: Db): LockOwner | undefined {
  SABOTAGE: if (sabotaged("lock-ignored")) return undefined;
  const attempt = db.transaction((): LockOwner | undefined => {
    const owner = db.prepare("SELECT pid, started, boot, since FROM lock").get() as LockOwner | undefined;
    if (owner && holds(owner)) return owner;
    const self = identify(process.pid);
    db.prepare("INSERT OR REPLACE INTO lock (id, pid, started, boot, since) VALUES (1, ?, ?, ?, ?)").run(
      process.pid,
      self?.started ?? "",
      bootId(),
      new Date().toISOString(),
    );
    return undefined;
  });
  // After a power cut nobody holds it, whatever the file says: the boot is another one.
  const owner = unsynced(db, () => attempt.immediate());
  held ||= owner === undefined;
  return owner;
}

function holds(owner: LockOwner): boolean {
  return ownerLives(owner) && (held || owner.pid !== process.pid);
}

export function ownerLives(owner: LockOwner): boolean {
  return owner.boot === bootId() && isAlive(owner);
}

/** Who holds the lock now, if anybody living does. */
export function lockOwner(db: Db): LockOwner | undefined {
  const owner = db.prepare("SELECT pid, started, boot, since FROM lock").get() as LockOwner | undefined;
  return owner && holds(owner) ? owner : undefined;
}
