import type { Cancellation } from "../execute/cancel.ts";
import { takeLock } from "../record/lock.ts";
import type { Db } from "../record/state.ts";
import type { Io } from "./io.ts";

/** Works while no run does; a run that goes on is waited for. */
export async function locked<T>(io: Io, db: Db, cancellation: Cancellation, work: () => Promise<T> | T): Promise<T> {
  const release = await takeLock(
    db,
    true,
    (owner) => void io.stderr.write(`waiting for the runner with pid ${owner.pid}\n`),
    cancellation.signal,
  );
  try {
    return await work();
  } finally {
    release();
  }
}
