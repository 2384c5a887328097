import path from "node:path";
import { exitCodes, fail, toFailure } from "../errors.ts";
import { lockOwner } from "../record/lock.ts";
import { rebuildState } from "../record/rebuild.ts";
import { readHistory } from "../record/retention.ts";
import { damagedRecords } from "../record/seal.ts";
import { openState } from "../record/state.ts";
import { countOf } from "../report/format.ts";
import { type Io, printJson, say } from "./io.ts";

/** `doctor --rebuild`: makes a damaged state anew; a sound one is left alone. */
export async function rebuild(io: Io): Promise<number> {
  const project = path.resolve(io.project);
  const damage = damageOf(project);
  if (damage === undefined) {
    if (io.json) printJson(io, { rebuilt: false });
    else say(io, ".stepbook/state.db is sound: nothing to rebuild");
    return exitCodes.done;
  }
  const rebuilt = rebuildState(project, new Date());
  if (io.json) printJson(io, { rebuilt: true, damage, ...rebuilt });
  else {
    const { moved, records, runs, models, damaged } = rebuilt;
    say(io, `${damage}; it is kept as ${moved}`);
    say(
      io,
      `made anew: ${countOf(records, "record")} of ${countOf(runs, "run")}, ${countOf(models, "model version")}${damaged > 0 ? `; ${countOf(damaged, "manifest")} of no use` : ""}`,
    );
    say(io, "run again: what is recorded is reused, the rest is computed; slots of schedules and how runs ended are not kept beside it");
  }
  return exitCodes.done;
}

/** What is wrong with the state, or undefined. @throws E_LOCKED where a runner works with it */
function damageOf(project: string): string | undefined {
  try {
    const db = openState(project);
    try {
      const owner = lockOwner(db);
      if (owner)
        fail("E_LOCKED", `a runner (pid ${owner.pid}, since ${owner.since}) works in this folder`, { remedy: "wait for it, or end it" });
      const found = db.pragma("integrity_check", { simple: true }) as string;
      if (found !== "ok") return `state.db is damaged (${found})`;
      readHistory(db);
      const [damaged] = damagedRecords(db);
      return damaged && `state.db is damaged (record ${damaged.id}, of ${damaged.name})`;
    } finally {
      db.close();
    }
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code === "E_STATE_CORRUPT") return failure.message;
    throw error;
  }
}
