import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "../model.ts";

const engine = [import.meta.dirname, path.join(import.meta.dirname, "../store"), path.join(import.meta.dirname, "../errors.ts")];

/** The innermost place of a stack that is neither the engine's nor in a package nor in Node. */
export function placeOf(stack: string | undefined): Place | undefined {
  for (const line of stack?.split("\n") ?? []) {
    const place = frameOf(line);
    if (place && !place.file.includes(`${path.sep}node_modules${path.sep}`) && !isEngineFile(place.file)) return place;
  }
  return undefined;
}

export function isEngineFile(file: string): boolean {
  return engine.some((part) => file.startsWith(part));
}

/** Where a stack's line leads: `at f (/a b (copy)/x.ts:1:2)`, `at async /x.ts:1:2`. Undefined: into Node, or into code that was evaluated. */
export function frameOf(line: string): Place | undefined {
  const match = /(?:^\s*at (?:async )?|\()((?:file:\/\/)?(?:[A-Za-z]:)?[\\/].*):(\d+):(\d+)\)?$/.exec(line);
  if (!match || /\beval at\b/.test(line)) return undefined;
  const file = match[1]!.startsWith("file:") ? fileURLToPath(match[1]!.replace(/[?#].*$/, "")) : match[1]!;
  return { file, line: Number(match[2]), column: Number(match[3]) };
}
