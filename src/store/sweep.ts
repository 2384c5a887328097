import { type Dirent, lstatSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

/** A file or folder that may be removed. */
export interface Removable {
  readonly path: string;
  readonly bytes: number;
  /** When it was put there, in ms: a rename shows in the change time only. */
  readonly since: number;
}

/** The files of a folder and of those in it, two levels deep as the store is; none where there is no folder. */
export function listObjects(folder: string): Removable[] {
  return entries(folder).flatMap((entry) =>
    entry.isDirectory()
      ? entries(path.join(folder, entry.name)).map((file) => measured(path.join(folder, entry.name, file.name)))
      : [measured(path.join(folder, entry.name))],
  );
}

/** What lies in a folder, each with all that is in it. */
export function listEntries(folder: string): Removable[] {
  return entries(folder).map((entry) => measured(path.join(folder, entry.name)));
}

function entries(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function measured(file: string): Removable {
  const stats = lstatSync(file);
  const since = Math.max(stats.mtimeMs, stats.ctimeMs);
  if (!stats.isDirectory()) return { path: file, bytes: stats.size, since };
  const inside = listEntries(file);
  return { path: file, bytes: sum(inside), since: Math.max(since, ...inside.map((each) => each.since)) };
}

export function sum(all: Iterable<Removable>): number {
  let bytes = 0;
  for (const each of all) bytes += each.bytes;
  return bytes;
}

export function remove(all: Iterable<Removable>): void {
  for (const each of all) rmSync(each.path, { recursive: true, force: true });
}
