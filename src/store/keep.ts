import { renameSync, writeFileSync } from "node:fs";

/** Writes what is of use only for speed: whole or not at all, and where it cannot be written, it is made anew each time. */
export function keepWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, file);
  } catch {
    // The next run does without.
  }
}
