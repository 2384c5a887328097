import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Digest } from "../model.ts";
import { digestOf } from "../store/digest.ts";
import { importedIn } from "./package-files.ts";

const loads = /^(?:-r|--(?:require|import|loader|experimental[-_]loader))[=\s]+(.+)$/;
const relative = String.raw`(\.\.?\/[^"']+)`;

/**
 * What a flag of Node's (`--import ./setup.mjs`) has every process load before the step, with all that this imports by relative paths. Of a
 * package it is the file that its name leads to.
 * @param project where a step's process starts, so that paths lead from there
 * @returns undefined where the flag loads nothing, or nothing is found
 */
export function loadedAhead(flag: string, project: string): Digest | undefined {
  const [, named] = loads.exec(flag) ?? [];
  const first = named === undefined ? undefined : fileOf(named.replace(/^(["'])(.*)\1$/, "$2"), path.join(project, "package.json"));
  if (first === undefined) return undefined;
  const texts = new Map<string, string>();
  const queue = [first];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (texts.has(file)) continue;
    const text = readFileSync(file, "latin1");
    texts.set(file, text);
    queue.push(
      ...importedIn(text, relative)
        .map((specifier) => fileOf(specifier, file))
        .filter((each) => each !== undefined),
    );
  }
  return digestOf(JSON.stringify([...texts].map(([file, text]) => [path.relative(project, file), text])));
}

function fileOf(specifier: string, importer: string): string | undefined {
  try {
    const file = specifier.startsWith("file:") ? fileURLToPath(specifier) : createRequire(importer).resolve(specifier);
    return statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}
