import { exitCodes } from "../errors.ts";
import { listSlots } from "../record/slots.ts";
import { type Io, print, printJson, printTable, wholeNumber } from "./io.ts";
import { withKept } from "./opened.ts";

/** `slots`: the ledger of the schedules, newest first. */
export async function slots(io: Io, options: { readonly limit: string }): Promise<number> {
  const limit = wholeNumber("--limit", options.limit);
  return withKept(io, ({ db }) => {
    const rows = listSlots(db, limit);
    if (io.json) for (const row of rows) printJson(io, row);
    else if (rows.length === 0) print(io, "no slots yet: `npx tsx schedule.ts` keeps the schedules");
    else printTable(io, ["slot", "schedule", "status", "attempts", "run", "reason"], rows.map(({ slot, schedule, status, attempts, run, reason }) => [slot, schedule, status, attempts, run ?? "", reason ?? ""]));
    return exitCodes.done;
  });
}
