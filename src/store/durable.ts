import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { fail } from "../errors.ts";
import { pacer } from "../pace.ts";
import { sabotaged } from "../sabotage.ts";

/** Waits until the file's bytes are on the disk. */
export function syncFile(file: string): void {
  const handle = openSync(file, "r+");
  try {
    sync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Waits until what was written to the open file is on the disk. */
export function sync(handle: number): void {
  SABOTAGE: if (sabotaged("no-file-fsync")) return;
  fsyncSync(handle);
}

/** Waits until the folder's entries are on the disk. Systems that cannot open a folder sync it themselves. */
export function syncFolder(folder: string): void {
  SABOTAGE: if (sabotaged("no-dir-fsync")) return;
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Writes a file whose pieces are made as they are written, with the loop given back in between; on the disk on return. */
export async function writePieces(file: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const handle = await open(file, "w");
  try {
    const pace = pacer();
    for (const piece of pieces) {
      if (piece.length > 0) await handle.writeFile(piece);
      await pace();
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts a finished file in its place: after a crash it is there whole or not at all. Both are on one disk. */
export function publish(from: string, to: string): void {
  onDisk(to, () => {
    syncFile(from);
    SABOTAGE: if (sabotaged("write-in-place")) return writeFileSync(to, readFileSync(from));
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
      return fail(
        "E_DISK_FULL",
        `no space left to write ${what}`,
        { remedy: "free space on its disk; what was stored before is whole" },
        thrown,
      );
    }
    if (code === "EROFS" || code === "EACCES" || code === "EPERM") {
      return fail("E_READ_ONLY", `${what} cannot be written (${code})`, { remedy: "make its folder writable" }, thrown);
    }
    throw thrown;
  }
}
