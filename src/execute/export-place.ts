import fs from "node:fs";
import path from "node:path";
import { StepbookError } from "../errors.ts";
import type { Place } from "../model.ts";

// As it is before a step's process is watched: this is no read of the step's.
const { readFileSync } = fs;

/** Does the work on an export; what cannot be stored is told with the line of the script that exports it. */
export async function atExport<T>({ project, file }: { project: string; file: string }, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StepbookError) || error.failure.place || error.failure.code !== "E_UNSTORABLE") throw error;
    const place = placeIn(readFileSync(path.join(project, file), "utf8"), name);
    throw place ? new StepbookError({ ...error.failure, place: { file, ...place } }, { cause: error }) : error;
  }
}

/** The name where the script declares it as an export, or lists it as one; undefined where it is hidden, as in `export *`. */
function placeIn(text: string, name: string): Omit<Place, "file"> | undefined {
  const word = name.replaceAll("$", "\\$");
  const ways =
    name === "default"
      ? [/^export\s+(?=default\b)/m]
      : [
          new RegExp(`^export\\s+(?:async\\s+)?(?:const|let|var|class|function\\s*\\*?)\\s+(?=${word}(?![\\w$]))`, "mu"),
          new RegExp(`^export\\s+(?:(?:const|let|var)\\s+)?[{[](?:[^}\\]]*?[^\\w$}\\]])?(?=${word}(?![\\w$]))`, "mu"),
        ];
  const found = ways.map((way) => way.exec(text)).find(Boolean);
  if (!found) return undefined;
  const lines = text.slice(0, found.index + found[0].length).split("\n");
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}
