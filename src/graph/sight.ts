import { type BigIntStats, readdirSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import type { Digest } from "../model.ts";
import { digestOf } from "../store/digest.ts";
import { racyMs, signatureOf, statOf } from "../store/files.ts";

/** What is looked at: a file's content; the names in a folder, their kinds and where links lead; where a folder really lies. */
export type SightKind = "file" | "folder" | "place";

/** What was found. `digest` null: nothing there. `signature` empty: it is looked at anew each time. */
export interface Sight {
  readonly digest: Digest | null;
  readonly signature: string;
}

/** Its signature, if a later change would show in it; else nothing. */
export function settledSignature(stats: BigIntStats | null): string {
  return stats !== null && changedBefore(stats, Date.now()) ? signatureOf(stats) : "";
}

/** Whether the last change is older than that instant by so much that clocks and ticks do not matter. */
export function changedBefore(stats: BigIntStats, time: number): boolean {
  return Number((stats.ctimeNs > stats.mtimeNs ? stats.ctimeNs : stats.mtimeNs) / 1_000_000n) < time - racyMs;
}

/** What is there now. What changes meanwhile has another signature by then, which is noticed. */
export function sightOf(kind: SightKind, file: string): Sight {
  const stats = statOf(file);
  if (stats === null) return { digest: null, signature: "" };
  try {
    if (kind === "place") return { digest: digestOf(realpathSync.native(file)), signature: "" };
    if (kind === "file") return { digest: stats.isFile() ? digestOf(readFileSync(file)) : null, signature: settledSignature(stats) };
    return lookIntoFolder(file, stats);
  } catch {
    return { digest: null, signature: "" };
  }
}

function lookIntoFolder(folder: string, stats: BigIntStats): Sight {
  if (!stats.isDirectory()) return { digest: null, signature: "" };
  const entries = readdirSync(folder, { withFileTypes: true });
  const names = entries.map(
    (entry) =>
      `${entry.name}\0${entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? `link ${linkEnd(path.join(folder, entry.name))}` : "file"}`,
  );
  // Where a link of a link leads may change without a trace in this folder.
  const linked = entries.some((entry) => entry.isSymbolicLink());
  return { digest: digestOf(JSON.stringify(names.sort())), signature: linked ? "" : settledSignature(stats) };
}

function linkEnd(link: string): string {
  try {
    return realpathSync(link);
  } catch {
    return "nowhere";
  }
}

/** What is there now, if it is what was seen; else undefined. */
export function stillThere(kind: SightKind, file: string, seen: Sight): Sight | undefined {
  if (seen.signature !== "") {
    const stats = statOf(file);
    if (stats !== null && signatureOf(stats) === seen.signature) return seen;
  }
  const now = sightOf(kind, file);
  return now.digest === seen.digest ? now : undefined;
}
