import fs from "node:fs";

// Taken before a step's process watches them: what is kept is not a read of the step's.
const { readFileSync, renameSync, writeFileSync } = fs;

/**
 * Code that V8 compiled at an earlier start. V8 runs code that was damaged, or dies of it: it is in the file twice, and compared.
 * A checksum would need node:crypto, which takes longer to load than most of what is started so.
 * @returns undefined where there is none that is whole
 */
export function readKept(name: string): Buffer | undefined {
  try {
    const twice = readFileSync(name);
    const code = twice.subarray(0, twice.length / 2);
    return code.length > 0 && code.equals(twice.subarray(twice.length / 2)) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps it for the next start; where the folder cannot be written, that is a little slower each time. */
export function keep(name: string, code: Buffer): void {
  try {
    const draft = `${name}.${process.pid}`;
    writeFileSync(draft, Buffer.concat([code, code]));
    renameSync(draft, name);
  } catch {
    // It is compiled anew then.
  }
}
