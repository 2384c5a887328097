import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { identify } from "../record/processes.ts";
import { stateFolder } from "../record/state.ts";

/** A folder for files on their way, of this process alone; those of processes that died go. */
export async function withDrafts<T>(project: string, work: (folder: string) => Promise<T>): Promise<T> {
  const all = path.join(stateFolder(project), "mirror");
  const own = path.join(all, String(process.pid));
  mkdirSync(own, { recursive: true });
  for (const other of readdirSync(all)) if (identify(Number(other)) === undefined) rmSync(path.join(all, other), { recursive: true, force: true });
  try {
    return await work(own);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

export function draftFile(folder: string, id: number): string {
  return path.join(folder, `${id}.csv`);
}
