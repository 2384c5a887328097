import { codeSince } from "../../command/code-patch.ts";
import type { Cell } from "./cells.ts";

const kept = new Map<string, Promise<string | null>>();

/** What changed in a step's code, helpers included, since the run whose outputs are shown; null: nothing, or it is not known. */
export function editsOf(project: string, { step, record }: Cell): Promise<string | null> | null {
  if (!step || !record || step.code.digest === record.parts.code) return null;
  const key = `${record.bundle} ${step.code.digest}`;
  const known = kept.get(key) ?? codeSince(project, record, step);
  kept.delete(key);
  kept.set(key, known);
  if (kept.size > 200) kept.delete(kept.keys().next().value!);
  return known;
}
