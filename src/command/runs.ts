import { exitCodes } from "../errors.ts";
import { stepCounts } from "../record/lookup.ts";
import { listRuns, type RunRow } from "../record/runs.ts";
import { formatDuration } from "../report/format.ts";
import { type Io, print, printJson, printTable, wholeNumber } from "./io.ts";
import { withKept } from "./opened.ts";

/** `runs`: the runs, newest first. */
export async function runs(io: Io, options: { readonly limit: string }): Promise<number> {
  const limit = wholeNumber("--limit", options.limit);
  return withKept(io, ({ db }) => {
    const rows = listRuns(db, limit);
    const counts = stepCounts(
      db,
      rows.map((row) => row.id),
    );
    if (io.json) for (const row of rows) printJson(io, { ...describedRun(row), steps: counts.get(row.id) });
    else if (rows.length === 0) print(io, "no runs yet");
    else
      printTable(
        io,
        ["run", "status", "time", "steps", "trigger"],
        rows.map((row) => line(row, counts.get(row.id)!)),
      );
    return exitCodes.done;
  });
}

/** A run as `--json` shows it everywhere. */
export function describedRun(row: RunRow) {
  const { id, trigger, logicalDate, startedAt, finishedAt, status, params } = row;
  return { run: id, status, trigger, logicalDate, startedAt, finishedAt, ms: duration(row), params };
}

export function duration({ startedAt, finishedAt }: RunRow): number | null {
  return finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(startedAt);
}

function line(row: RunRow, counts: Readonly<Record<string, number>>) {
  const ms = duration(row);
  const steps = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
  return [row.id, row.status, ms === null ? "" : formatDuration(ms), steps.join(", "), row.trigger];
}
