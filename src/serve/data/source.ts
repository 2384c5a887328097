import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** A step's file in its two parts: what it says of itself, and the code. */
export interface Source {
  /** Markdown of the leading doc comment; empty where there is none. */
  readonly prose: string;
  readonly code: string;
  /** Number of the code's first line in the file. */
  readonly firstLine: number;
}

export function readSource(project: string, file: string): Source {
  try {
    return splitSource(readFileSync(path.join(project, file), "utf8"));
  } catch {
    return { prose: "", code: "", firstLine: 1 };
  }
}

export function splitSource(text: string): Source {
  // A line above it, such as the name of the file or a word to a linter, does not keep it from being the first.
  const found = /^(?:#!.*\n)?(?:\s*\/\/.*\n)*\s*\/\*\*([\s\S]*?)\*\/[ \t]*\n?/.exec(text);
  const body = text.slice(found?.[0].length ?? 0);
  const gap = /^(?:[ \t]*\n)*/.exec(body)![0];
  const before = (found?.[0] ?? "") + gap;
  return { prose: found ? unstar(found[1]!) : "", code: body.slice(gap.length).trimEnd(), firstLine: before.split("\n").length };
}

/** Where data lies, and what is made. */
const noSources = /^\.|^(?:node_modules|data|models|dist|coverage)$/;

/** Files of the project that may be sources, relative to it, those of `steps/` and `lib/` before others; of very many the first. */
export function sourceFiles(project: string, most = 2000): string[] {
  const found: string[] = [];
  const folders = new Set(["steps", "lib", ""]);
  for (const folder of folders) {
    for (const entry of entriesOf(path.join(project, folder))) {
      const name = path.join(folder, entry.name);
      if (entry.isDirectory() && !noSources.test(entry.name)) folders.add(name);
      else if (/\.[cm]?[jt]sx?$|^(?:package|[jt]sconfig)\.json$/.test(entry.name)) found.push(name);
    }
    if (found.length > most || folders.size > most) break;
  }
  return found.slice(0, most);
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // It went meanwhile.
  }
}

function unstar(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
}

/** The title in the prose, or nothing: then the step's name serves. */
export function titleOf(prose: string): string | undefined {
  return /^#\s+(.+)$/m.exec(prose)?.[1]?.trim();
}
