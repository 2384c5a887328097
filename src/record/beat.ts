import { statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stateFolder } from "./state.ts";

/** The leading scheduler's sign of life is the time of this file: renewed at each look, it costs no transaction. */
function beatFile(project: string): string {
  return path.join(stateFolder(project), "scheduler-beat");
}

export function beat(project: string): void {
  const now = new Date();
  try {
    utimesSync(beatFile(project), now, now);
  } catch {
    writeFileSync(beatFile(project), "");
  }
}

/** Milliseconds since the last sign of life; null: there was none. */
export function beatAge(project: string): number | null {
  const at = statSync(beatFile(project), { throwIfNoEntry: false })?.mtimeMs;
  // A clock that was set back does not make an old sign a fresh one.
  return at === undefined ? null : Math.abs(Date.now() - at);
}
