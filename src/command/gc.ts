import path from "node:path";
import { exitCodes, fail } from "../errors.ts";
import { duration } from "../graph/settings.ts";
import { lockOwner } from "../record/lock.ts";
import { recover } from "../record/recover.ts";
import { forget, readHistory } from "../record/retention.ts";
import type { Db } from "../record/state.ts";
import { formatBytes, formatDate } from "../report/format.ts";
import { type Removable, remove, sum } from "../store/sweep.ts";
import { cancellable } from "./cancellable.ts";
import { type GcPlan, planGc } from "./gc-plan.ts";
import { type Io, printJson, printTable, say } from "./io.ts";
import { locked } from "./locked.ts";
import { withKept } from "./opened.ts";

interface GcFlags {
  readonly keep: string;
  readonly size?: string;
  readonly dryRun?: boolean;
}

/** `gc`: removes what no kept run reaches. */
export async function gc(io: Io, flags: GcFlags): Promise<number> {
  const keep = readAge(flags.keep);
  const size = flags.size === undefined ? null : readSize(flags.size);
  const dryRun = flags.dryRun === true;
  return cancellable((cancellation) =>
    withKept(io, async ({ db, project, store }) => {
      const rules = { now: Date.now(), keep, size };
      const told = { size, dryRun, before: new Date(Math.max(0, rules.now - keep)) };
      if (dryRun) {
        const plan = planGc(project, readHistory(db), store, { ...rules, alone: lockOwner(db) === undefined });
        return tell(io, project, plan, told);
      }
      return locked(io, db, cancellation, () => {
        const plan = planGc(project, readHistory(db), store, { ...rules, alone: true });
        // What is decided is first forgotten, then removed: a record never speaks of what is gone.
        recover(db, project);
        forget(db, plan.runs, plan.records);
        forgetDigests(db, plan.objects);
        for (const files of [plan.objects, plan.logs, plan.bundles, plan.manifests, plan.staging]) remove(files);
        return tell(io, project, plan, told);
      });
    }),
  );
}

/** A number alone would be milliseconds: nearly everything would go. */
function readAge(text: string): number {
  if (/^\s*\d*\.?\d+\s*$/.test(text))
    fail("E_USAGE", `--keep ${text} has no unit`, { remedy: `write it as --keep ${text.trim()}d for days` });
  return duration(text) ?? fail("E_USAGE", `--keep ${text} is not an age`, { remedy: "write it as --keep 30d" });
}

const units: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

function readSize(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?i?B)?\s*$/i.exec(text);
  if (!match) return fail("E_USAGE", `--size ${text} is not a size`, { remedy: "write it as --size 2GB" });
  return Number(match[1]) * units[(match[2] ?? "B").toUpperCase()]!;
}

function forgetDigests(db: Db, objects: readonly Removable[]): void {
  const statement = db.prepare("DELETE FROM file_digests WHERE path = ?");
  db.transaction(() => objects.forEach((file) => statement.run(file.path)))();
}

interface Told {
  readonly size: number | null;
  readonly dryRun: boolean;
  /** Older runs are beyond the age. */
  readonly before: Date;
}

function tell(io: Io, project: string, plan: GcPlan, { size, dryRun, before }: Told): number {
  const { objects, logs, bundles, manifests, staging } = plan;
  const files = { objects, logs, bundles, manifests, staging };
  const bytes = Object.values(files).reduce((total, each) => total + sum(each), 0);
  if (io.json) {
    const names = (all: readonly Removable[]) => all.map((file) => path.relative(project, file.path));
    printJson(io, { type: "runs", count: plan.runs.length, names: plan.runs });
    printJson(io, { type: "records", count: plan.records.length });
    for (const [type, all] of Object.entries(files)) printJson(io, { type, count: all.length, bytes: sum(all), names: names(all) });
    printJson(io, { type: "total", bytes, storeBytes: plan.storeBytes, dryRun, before: before.toISOString() });
    return exitCodes.done;
  }
  const rows = Object.entries(files).map(([name, all]) => [name, all.length, formatBytes(sum(all))]);
  say(io, `old is what ran before ${formatDate(before)}`);
  printTable(
    io,
    [dryRun ? "would go" : "removed", "count", "size"],
    [["runs", plan.runs.length], ["records", plan.records.length], ...rows],
  );
  say(
    io,
    `${formatBytes(bytes)} ${dryRun ? "would be freed" : "freed"}; the store ${dryRun ? "would hold" : "holds"} ${formatBytes(plan.storeBytes)}`,
  );
  if (size !== null && plan.storeBytes > size)
    say(io, `that is more than ${formatBytes(size)}: the rest is needed by the newest results, by models, or is younger than an hour`);
  return exitCodes.done;
}
