import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fail } from "../../errors.ts";
import type { Io } from "../../command/io.ts";
import { onDisk } from "../../store/durable.ts";

/** A path of `-`: the file goes to stdout. @throws E_USAGE where stdout is asked for twice */
export function toStdout(io: Io, file: string): boolean {
  if (file !== "-") return false;
  if (io.json) fail("E_USAGE", "-o - and --json both want stdout", { remedy: "give -o a file, or leave --json out" });
  return true;
}

/** Whole or not at all: a reader of the old file never sees half of the new one. */
export function writeOutput(file: string, content: string | Uint8Array): void {
  const target = path.resolve(file);
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory())
    fail("E_USAGE", `-o ${file} is a folder`, { remedy: "name a file in it" });
  const draft = `${target}.${process.pid}.tmp`;
  onDisk(file, () => {
    try {
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(draft, content);
      renameSync(draft, target);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
  });
}
