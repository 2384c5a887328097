import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { identify } from "../record/processes.ts";
import { stateFolder } from "../record/state.ts";

/** A folder for files on their way, of this pass alone; those of processes that died go. */
export async function withDrafts<T>(project: string, work: (folder: string) => Promise<T>): Promise<T> {
  const all = path.join(stateFolder(project), "mirror");
  mkdirSync(all, { recursive: true });
  const own = mkdtempSync(path.join(all, `${process.pid}-`));
  for (const other of readdirSync(all)) {
    if (identify(Number.parseInt(other, 10)) === undefined) rmSync(path.join(all, other), { recursive: true, force: true });
  }
  try {
    return await work(own);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

export function draftFile(folder: string, id: number): string {
  return path.join(folder, `${id}.csv`);
}
