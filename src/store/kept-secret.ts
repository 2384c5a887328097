import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { syncFile, syncFolder } from "./durable.ts";

/** 256 random bits in a file, made at first use and kept: whole or not there, whatever stops the one that makes it. */
export function keptSecret(file: string): string {
  const kept = wholeSecret(file);
  if (kept !== undefined) return kept;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, randomBytes(32).toString("hex"), { mode: 0o600 });
  syncFile(draft);
  putOnce(draft, file);
  syncFolder(path.dirname(file));
  return wholeSecret(file)!;
}

/** An older version could be stopped between the file and what is in it. */
function wholeSecret(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    if (/^[0-9a-f]{64}$/.test(text)) return text;
    rmSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return undefined;
}

/** Of two that make it at once, the first one's stays, for both. */
function putOnce(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    // A disk without hard links (exFAT, a share of Windows): the last one's stays.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}
