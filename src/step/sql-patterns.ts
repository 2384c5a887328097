import path from "node:path";
import { foldersIn } from "./folders.ts";
import { noteFile, sqlPaths } from "./here.ts";
import type { Host } from "./host.ts";

/** Notes the folders that a pattern such as `data/*.csv` lists: a file that is new in one of them may match. */
export function notePattern(host: Host, pattern: string): void {
  const parts = pattern.split("/");
  const wild = parts.findIndex((part) => /[*?[]/.test(part));
  const base = parts.slice(0, wild).join("/") || (pattern.startsWith("/") ? "/" : ".");
  for (const folder of sqlPaths(host, base)) noteFolders(host, folder, parts.slice(wild));
}

/** The folders whose entries decide what the pattern matches. */
function noteFolders(host: Host, folder: string, [part, ...rest]: readonly string[]): void {
  noteFile(host, "folder", folder);
  if (part === undefined || (rest.length === 0 && part !== "**")) return;
  const deep = part === "**";
  // As DuckDB has it: `*` follows links, `**` does not.
  for (const entry of foldersIn(folder, !deep)) {
    if (deep) noteFolders(host, path.join(folder, entry), [part, ...rest]);
    else if (globToRegExp(part).test(entry)) noteFolders(host, path.join(folder, entry), rest);
  }
  if (deep && rest.length > 1) noteFolders(host, folder, rest);
}

function globToRegExp(glob: string): RegExp {
  const source = glob.replace(/[.+^${}()|\\]/g, "\\$&").replace(/\*/g, ".*").replace(/\?/g, ".").replace(/\[!/g, "[^");
  try {
    return new RegExp(`^${source}$`, "s");
  } catch {
    return /^/;
  }
}
