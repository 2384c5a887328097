import { exitCodes } from "../errors.ts";
import { findRun } from "../record/runs.ts";
import { codePatch } from "./code-patch.ts";
import { compareStep, type Difference, type Pair, pairSteps } from "./compare-runs.ts";
import { printDiff } from "./diff-text.ts";
import { type Io, printJson } from "./io.ts";
import { withKept } from "./opened.ts";

/** `diff`: what differs between two runs, the last two where none is named: code, params, what was read, data, metrics. */
export async function diff(io: Io, before = "last~1", after = "last"): Promise<number> {
  return withKept(io, async ({ db, project }) => {
    const [old, fresh] = [findRun(db, before), findRun(db, after)];
    const found: Difference[] = [];
    for (const pair of pairSteps(db, old, fresh)) {
      for (const difference of compareStep(pair)) found.push(await withPatch(project, pair, difference));
    }
    if (io.json) for (const difference of found) printJson(io, difference);
    else printDiff(io, old, fresh, found);
    return exitCodes.done;
  });
}

async function withPatch(project: string, { before, after }: Pair, difference: Difference): Promise<Difference> {
  if (difference.type !== "code" || difference.declarations.length === 0) return difference;
  return { ...difference, patch: await codePatch(project, before!.record!, after!.record!) };
}
