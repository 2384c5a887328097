import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "../model.ts";

const engine = [import.meta.dirname, path.join(import.meta.dirname, "../store"), path.join(import.meta.dirname, "../errors.ts")];

/** The innermost place of a stack that is neither the engine's nor in a package nor in Node. */
export function placeOf(stack: string | undefined): Place | undefined {
  for (const line of stack?.split("\n") ?? []) {
    const match = /(?:^|[\s(])((?:file:\/\/)?\/[^()]*?):(\d+):(\d+)\)?$/.exec(line);
    if (!match) continue;
    const file = match[1]!.startsWith("file:") ? fileURLToPath(match[1]!.replace(/[?#].*$/, "")) : match[1]!;
    if (file.includes(`${path.sep}node_modules${path.sep}`) || engine.some((part) => file.startsWith(part))) continue;
    return { file, line: Number(match[2]), column: Number(match[3]) };
  }
  return undefined;
}
