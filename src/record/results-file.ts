import Database from "better-sqlite3";
import { fail } from "../errors.ts";
import { experimentsFile } from "./experiments.ts";
import type { Db } from "./state.ts";

/** ms; the process stands still while SQLite waits for another one. */
const patience = 1_000;

/** Opens the results tables, `data/experiments.db`. @throws E_DATABASE */
export function openResults(project: string, options: Database.Options = {}): Db {
  return ofResults(() => new Database(experimentsFile(project), { timeout: patience, ...options }));
}

/** What goes wrong with the results file is told of it, and not of the state. @throws E_DATABASE */
export function ofResults<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown };
    if (typeof code !== "string") throw error;
    if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(code))
      return fail(
        "E_DATABASE",
        `data/experiments.db is damaged (${message})`,
        { remedy: "move it away: the next run makes it anew from all that was recorded" },
        error,
      );
    if (/^SQLITE_(?:BUSY|LOCKED)/.test(code))
      return fail("E_DATABASE", "another program holds data/experiments.db", { remedy: "let it end what it writes, or close it" }, error);
    return fail("E_DATABASE", `data/experiments.db cannot be used (${message})`, {}, error);
  }
}

/** Whether the file, or its disk, is at fault: another row would not go in either. */
export function isOfFile(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOMEM|NOTADB|PERM|PROTOCOL|READONLY)/.test(
    String((error as { code?: unknown }).code),
  );
}
