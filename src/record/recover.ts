import { rmSync } from "node:fs";
import path from "node:path";
import { sabotaged } from "../sabotage.ts";
import { type Db, stateFolder } from "./state.ts";

export function stagingFolder(project: string, run: string): string {
  return path.join(stateFolder(project), "staging", run);
}

/** Whether a runner died in its run, or is still in it. */
export function hasOpenRun(db: Db): boolean {
  return db.prepare("SELECT 1 FROM runs WHERE status = 'running'").get() !== undefined;
}

/**
 * What a runner that died left behind, put in order by the one that holds the lock now: its run is
 * marked interrupted and its staged files go. Its steps' processes ended with it (the guard).
 * @returns ids of the interrupted runs
 */
export function recover(db: Db, project: string): string[] {
  SABOTAGE: if (sabotaged("resume-forgets")) return [];
  const dead = db.prepare("SELECT id FROM runs WHERE status = 'running'").pluck().all() as string[];
  if (dead.length === 0) return [];
  db.prepare("UPDATE runs SET status = 'interrupted', finished_at = ? WHERE status = 'running'").run(new Date().toISOString());
  rmSync(path.join(stateFolder(project), "staging"), { recursive: true, force: true });
  return dead;
}
