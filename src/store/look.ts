import fs from "node:fs";
import path from "node:path";
import type { Digest } from "../model.ts";
import { digestOf } from "./digest.ts";

// As they were before the runner wrapped them: to look is no read of the step's.
const { lstatSync, readdirSync, readlinkSync, realpathSync, statSync } = fs;

/** What a look at a path tells besides a file's content. */
export type LookKind = "stat" | "exists" | "folder";

/** What there is to see at a path; null: nothing. The same function tells the step's process and the plan. */
export function lookAt(kind: LookKind, file: string): Digest | null {
  try {
    return digestOf({ stat: statText, exists: presence, folder: entries }[kind](file));
  } catch {
    return null;
  }
}

/** Kind, and where links lead: they may be pointed elsewhere. Relative, so that a moved project stays what it is. */
function presence(file: string): string {
  const kind = statSync(file).isDirectory() ? "folder" : "file";
  return `${kind} ${path.relative(path.dirname(file), realpathSync(file))}`;
}

/** Sorted names, each with its kind. */
function entries(folder: string): string {
  const all = readdirSync(folder, { withFileTypes: true });
  return JSON.stringify(all.map((entry) => `${entry.name}\0${entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? "link" : entry.isFile() ? "file" : "other"}`).sort());
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
