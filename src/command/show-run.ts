import { exitCodes } from "../errors.ts";
import type { Db } from "../record/state.ts";
import { type RunRow, runSteps, type RunStepRow } from "../record/runs.ts";
import { formatFailure } from "../report/failure.ts";
import { formatDate, formatDuration } from "../report/format.ts";
import { colorsFor } from "../report/style.ts";
import { type Io, print, printJson, printTable, say, widthOf } from "./io.ts";
import { describedRun, duration } from "./runs.ts";

/** A run: what it was asked, what became of its steps, and how the failed ones failed. */
export function showRun(io: Io, db: Db, run: RunRow): number {
  const steps = runSteps(db, run.id).sort((a, b) => Number.parseInt(a.step, 10) - Number.parseInt(b.step, 10));
  if (io.json) printJson(io, { ...describedRun(run), steps: steps.map(described) });
  else printRun(io, run, steps);
  return exitCodes.done;
}

function described({ step, status, reason, ms, attempts, failure }: RunStepRow) {
  return { step, status, reason, ms, attempts, failure };
}

function printRun(io: Io, run: RunRow, steps: readonly RunStepRow[]): void {
  const ms = duration(run);
  say(io, `${run.id} ${run.status}${ms === null ? "" : `, ${formatDuration(ms)}`}`);
  say(io, `${run.trigger}, started ${formatDate(run.startedAt)}, stands for ${formatDate(run.logicalDate)}`);
  const params = Object.entries(run.params).map(([name, value]) => `${name}=${value}`);
  if (params.length > 0) say(io, `params ${params.join(" ")}`);
  print(io, "");
  printTable(
    io,
    ["step", "status", "time", "why"],
    steps.map((step) => [step.step, status(step), step.status === "ran" || step.ms > 0 ? formatDuration(step.ms) : "", step.reason]),
  );
  for (const { failure } of steps)
    if (failure)
      print(io, `\n${formatFailure(failure, colorsFor(io.stdout, io.env), { project: io.project, width: widthOf(io) || Infinity })}`);
}

function status({ status: word, attempts }: RunStepRow): string {
  return attempts > 1 ? `${word}, ${attempts} attempts` : word;
}
