import path from "node:path";
import { knowledge, openProject, planProject } from "../engine.ts";
import { exitCodes } from "../errors.ts";
import { runAhead } from "../execute/new-run.ts";
import { selectSteps } from "../graph/select.ts";
import { checkParams } from "../params.ts";
import type { Planned } from "../plan/plan.ts";
import { formatDuration } from "../report/format.ts";
import { type Io, print, printJson, printTable, readRunOptions, type RunFlags, say } from "./io.ts";

/** `plan`: what would run and why. Runs nothing. */
export async function plan(io: Io, words: readonly string[], flags: RunFlags): Promise<number> {
  const options = readRunOptions(io, words, flags);
  const opened = await openProject(path.resolve(options.project));
  try {
    checkParams(opened.graph, options.params);
    const known = knowledge(opened, options.params, options.force, new Date(), runAhead(options));
    const planned = await planProject(opened, selectSteps(opened.graph, words), known);
    show(io, planned);
    return exitCodes.done;
  } finally {
    opened.close();
  }
}

const verdicts = { run: "run", reuse: "reuse", maybe: "run?" } as const;

function show(io: Io, planned: readonly Planned[]): void {
  if (io.json) {
    for (const { step, verdict, reason, lastMs } of planned) printJson(io, { step: step.id, verdict, reason, lastMs });
    return;
  }
  const rows = planned.map(({ step, verdict, reason, lastMs }) => [
    step.id,
    verdicts[verdict],
    lastMs === null ? "" : formatDuration(lastMs),
    reason.text,
  ]);
  printTable(io, ["step", "verdict", "last", "why"], rows);
  const runs = planned.filter(({ verdict }) => verdict === "run");
  const expected = runs.reduce((sum, { lastMs }) => sum + (lastMs ?? 0), 0);
  const maybe = planned.filter(({ verdict }) => verdict === "maybe").length;
  const time = expected > 0 ? `, about ${formatDuration(expected)} of work` : "";
  print(io, "");
  say(
    io,
    `${runs.length} to run${maybe > 0 ? `, ${maybe} if their inputs change` : ""}, ${planned.length - runs.length - maybe} to reuse${time}`,
  );
}
