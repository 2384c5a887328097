import { exitCodes } from "../errors.ts";
import { listSlots, scheduleDefinitions } from "../record/slots.ts";
import { pause, resume } from "../schedule/rest.ts";
import { type Io, print, printJson, printTable, say, wholeNumber } from "./io.ts";
import { withKept } from "./opened.ts";
import { findSchedule } from "./schedules.ts";

/** `slots pause train`, `slots resume train`: lets a schedule rest, or end its rest; told by all that looks at the ledger. */
export async function restSchedule(io: Io, name: string | undefined, rest: boolean): Promise<number> {
  return withKept(io, ({ db }) => {
    const { schedule } = findSchedule(db, name, "");
    const changed = rest ? pause(db, schedule, Date.now()) : resume(db, schedule, Date.now());
    if (io.json) printJson(io, { type: rest ? "paused" : "resumed", schedule: schedule.name, changed });
    else
      say(
        io,
        `${schedule.name} ${changed ? (rest ? `rests: its slots are skipped until \`slots resume ${schedule.name}\`` : "goes on") : rest ? "rests already" : "does not rest"}`,
      );
    return exitCodes.done;
  });
}

/** `slots`: the ledger of the schedules, newest first. */
export async function slots(io: Io, options: { readonly limit: string }): Promise<number> {
  const limit = wholeNumber("--limit", options.limit);
  return withKept(io, ({ db }) => {
    const rows = listSlots(db, limit);
    const resting = scheduleDefinitions(db).filter(({ paused }) => paused !== null);
    if (!io.json) for (const { name, paused } of resting) say(io, `${name} has rested since ${new Date(paused!).toISOString()}`);
    if (io.json) for (const row of rows) printJson(io, row);
    else if (rows.length === 0) print(io, "no slots yet: `npx tsx schedule.ts` keeps the schedules");
    else
      printTable(
        io,
        ["slot", "schedule", "status", "attempts", "run", "reason"],
        rows.map(({ slot, schedule, status, attempts, run, reason }) => [slot, schedule, status, attempts, run ?? "", reason ?? ""]),
      );
    return exitCodes.done;
  });
}
