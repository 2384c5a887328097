import { type LockOwner, ownerLives } from "./lock.ts";
import { thisWorker } from "./slots.ts";
import type { Db } from "./state.ts";

/** Takes the lead among the schedulers of this folder, from a dead one at once. @returns whether this process leads */
export function lead(db: Db, { pid, started, boot, lives } = thisWorker()): boolean {
  return db
    .transaction(() => {
      const leader = db.prepare("SELECT pid, started, boot, since FROM leader").get() as LockOwner | undefined;
      if (leader && lives(leader)) return leader.pid === pid;
      db.prepare("INSERT OR REPLACE INTO leader (id, pid, started, boot, since) VALUES (1, ?, ?, ?, ?)").run(
        pid,
        started,
        boot,
        new Date().toISOString(),
      );
      return true;
    })
    .immediate();
}

/** Who leads, and whether that process still lives; undefined: nobody does, or the last one ended in order. */
export function leaderOf(db: Db): (LockOwner & { readonly lives: boolean }) | undefined {
  const leader = db.prepare("SELECT pid, started, boot, since FROM leader").get() as LockOwner | undefined;
  return leader && { ...leader, lives: ownerLives(leader) };
}

export function resign(db: Db): void {
  db.prepare("DELETE FROM leader WHERE pid = ?").run(process.pid);
}
