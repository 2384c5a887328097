import path from "node:path";
import { globToRegExp } from "../store/glob.ts";
import { foldersIn } from "./folders.ts";
import { noteFile, sqlPaths } from "./here.ts";
import type { Host } from "./host.ts";

/**
 * Notes the names that decide what a pattern such as `data/*.csv` matches: a file that is new may match, too.
 * @returns whether a file came by the pattern
 */
export function notePattern(host: Host, pattern: string): (file: string) => boolean {
  const parts = pattern.split("/");
  const wild = parts.findIndex((part) => /[*?[]/.test(part));
  const base = parts.slice(0, wild).join("/") || (pattern.startsWith("/") ? "/" : ".");
  const folders = sqlPaths(host, base);
  for (const folder of folders) noteFolders(host, folder, parts.slice(wild));
  const matching = globToRegExp(parts.slice(wild).join("/"));
  return (file) => folders.map((folder) => path.relative(folder, file)).some((below) => !below.startsWith("..") && matching.test(below));
}

/** The folders of which some names decide, or all of them where `**` goes down. */
function noteFolders(host: Host, folder: string, [part, ...rest]: readonly string[]): void {
  if (part === undefined) return;
  const deep = part === "**";
  if (deep) noteFile(host, "folder", folder);
  else noteFile(host, "match", path.join(folder, part));
  if (rest.length === 0 && !deep) return;
  const matching = globToRegExp(part);
  // As DuckDB has it: `*` follows links, `**` does not.
  for (const entry of foldersIn(folder, !deep)) {
    if (deep) noteFolders(host, path.join(folder, entry), [part, ...rest]);
    else if (matching.test(entry)) noteFolders(host, path.join(folder, entry), rest);
  }
  if (deep && rest.length > 1) noteFolders(host, folder, rest);
}
