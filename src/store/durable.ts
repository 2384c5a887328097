import { closeSync, fsyncSync, openSync, renameSync } from "node:fs";
import path from "node:path";
import { fail } from "../errors.ts";

/** Waits until the file's bytes are on the disk. */
export function syncFile(file: string): void {
  syncHandle(file, "r+");
}

/** Waits until the folder's entries are on the disk. Systems that cannot open a folder sync it themselves. */
export function syncFolder(folder: string): void {
  if (process.platform !== "win32") syncHandle(folder, "r");
}

function syncHandle(name: string, flags: string): void {
  const handle = openSync(name, flags);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Puts a finished file in its place: after a crash it is there whole or not at all. Both are on one disk. */
export function publish(from: string, to: string): void {
  onDisk(to, () => {
    syncFile(from);
    renameSync(from, to);
    syncFolder(path.dirname(to));
  });
}

/** Runs what writes to the disk. @throws E_DISK_FULL, E_READ_ONLY in place of the system's words */
export function onDisk<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") {
      return fail("E_DISK_FULL", `no space left to write ${what}`, { remedy: "free space on its disk; what was stored before is whole" }, thrown);
    }
    if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
      return fail("E_READ_ONLY", `${what} cannot be written (${code})`, { remedy: "make its folder writable" }, thrown);
    }
    throw thrown;
  }
}
