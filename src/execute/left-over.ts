import type { Step, Written } from "../model.ts";
import type { Knowledge } from "../plan/decide.ts";

/**
 * A script that clears a folder for others is reused, as nothing that it depends on changes: what one of them no longer writes there stays.
 * Alone, one after the other, the scripts would leave no such file.
 * @param before what the step wrote when it ran last
 * @param written what it wrote now
 * @returns what to tell, if there is such a file
 */
export async function leftOver(
  step: Step,
  before: readonly Written[],
  written: readonly Written[],
  { steps, world, latestRecord }: Pick<Knowledge, "steps" | "world" | "latestRecord">,
): Promise<string | undefined> {
  const now = new Set(written.map(({ path }) => path));
  const dropped = before.filter(({ path, digest }) => digest !== null && !now.has(path));
  if (dropped.length === 0) return undefined;
  for (const other of steps.filter(({ number }) => number < step.number))
    for (const { path: folder, beside } of latestRecord(other.name)?.written ?? []) {
      const below = beside ? dropped.filter(({ path }) => path.startsWith(`${folder}/`)) : [];
      for (const file of below)
        if ((await world.output(file)) !== null)
          return `it wrote ${file.path} before and does not now, and that still lies in ${folder}, which ${other.id} empties only when it runs: run \`--force ${other.id}\`, then all`;
    }
  return undefined;
}
