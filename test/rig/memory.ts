import { accessSync, constants, statfsSync } from "node:fs";

/**
 * Projects of this file of tests lie in memory, where there is enough of it: a process that is killed is gone, the
 * machine is not, so no disk has to be waited for.
 */
export function inMemory(): void {
  const folder = "/dev/shm";
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize > 2 ** 31) process.env["TMPDIR"] = folder;
  } catch {
    // On the disk, then.
  }
}
