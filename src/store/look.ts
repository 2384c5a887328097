import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { Digest } from "../model.ts";
import { digestOf } from "./digest.ts";
import { globToRegExp } from "./glob.ts";

// As they were before the runner wrapped them: to look is not a read of the step's.
const { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, realpathSync, statSync } = fs;

/** What a look at a path tells besides a file's content. */
export type LookKind = "stat" | "exists" | "folder" | "match";

/** What there is to see at a path; null: nothing. The same function tells the step's process and the plan. */
export function lookAt(kind: LookKind, file: string): Digest | null {
  try {
    return digestOf({ stat: statText, exists: presence, folder: entries, match: matches }[kind](file));
  } catch {
    return null;
  }
}

/** Kind, and where links lead: they may be pointed elsewhere. Relative, so that a moved project stays what it is. */
function presence(file: string): string {
  const kind = statSync(file).isDirectory() ? "folder" : "file";
  return `${kind} ${path.relative(path.dirname(file), realpathSync(file))}`;
}

/** Of a folder's entries those that the last part of the pattern matches. */
function matches(pattern: string): string {
  const matching = globToRegExp(path.basename(pattern));
  return entries(path.dirname(pattern), (name) => matching.test(name));
}

/** Sorted names, each with its kind. */
function entries(folder: string, counts = (_name: string) => true): string {
  const all = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => counts(name));
  return JSON.stringify(
    all
      .map(
        (entry) => `${entry.name}\0${entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? "link" : entry.isFile() ? "file" : "other"}`,
      )
      .sort(),
  );
}

/** What a script may depend on: kind, mode, size and modification time; of a link its target's too. */
function statText(file: string): string {
  const stats = lstatSync(file, { bigint: true });
  if (stats.isSymbolicLink()) return `link ${readlinkSync(file)} ${targetText(file)}`;
  return stats.isDirectory() ? `folder ${stats.mode} ${stats.mtimeNs}` : `file ${stats.mode} ${stats.size} ${stats.mtimeNs}`;
}

function targetText(link: string): string {
  try {
    return statText(realpathSync(link));
  } catch {
    return "nowhere";
  }
}

/** Hash of a file's bytes as they are at this instant; null: no file. */
export function contentNow(file: string): Digest | null {
  try {
    return statSync(file).isFile() ? hashNow(openSync(file, "r")) : null;
  } catch {
    return null;
  }
}

function hashNow(opened: number): Digest {
  try {
    const hash = createHash("sha256");
    const bytes = Buffer.allocUnsafe(1 << 16);
    for (let count; (count = readSync(opened, bytes)) > 0;) hash.update(bytes.subarray(0, count));
    return hash.digest("hex");
  } finally {
    closeSync(opened);
  }
}
