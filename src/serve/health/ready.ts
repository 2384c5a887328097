import path from "node:path";
import Database from "better-sqlite3";
import { lockOwner } from "../../record/lock.ts";
import { stateFolder } from "../../record/state.ts";
import type { Duty } from "./health.ts";

interface Readiness {
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason: string | null;
  /** Who works in the folder now; a further run waits for it. */
  readonly runner: { readonly pid: number; readonly since: string } | null;
}

/** The event loop stands still while SQLite waits. */
const patience = 200;

/** Whether a run could start now: the state file opens and lets itself be written, and nobody asked this process to end. */
export function readinessOf(project: string, duty: Duty | null): Readiness {
  if (duty?.draining) return { ready: false, reason: "it was told to end and starts nothing more", runner: null };
  try {
    const db = new Database(path.join(stateFolder(project), "state.db"), { fileMustExist: true, timeout: patience });
    try {
      db.exec("BEGIN IMMEDIATE; ROLLBACK");
      const owner = lockOwner(db);
      return { ready: true, reason: null, runner: owner ? { pid: owner.pid, since: owner.since } : null };
    } finally {
      db.close();
    }
  } catch (error) {
    return { ready: false, reason: `.stepbook/state.db cannot be written: ${(error as Error).message}`, runner: null };
  }
}
