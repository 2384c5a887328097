import path from "node:path";
import { bundleFolder } from "../execute/bundles.ts";
import { manifestFolder } from "../record/manifests.ts";
import { type History, keptArtifacts, keptRecords } from "../record/retention.ts";
import { stateFolder } from "../record/state.ts";
import { sabotaged } from "../sabotage.ts";
import type { Store } from "../store/store.ts";
import { listEntries, listObjects, type Removable, sum } from "../store/sweep.ts";

/** What is to go. */
export interface GcPlan {
  readonly runs: readonly string[];
  readonly records: readonly number[];
  readonly objects: readonly Removable[];
  readonly logs: readonly Removable[];
  readonly bundles: readonly Removable[];
  readonly manifests: readonly Removable[];
  readonly staging: readonly Removable[];
  /** Bytes that the store holds then. */
  readonly storeBytes: number;
}

interface GcRules {
  readonly now: number;
  /** Age in ms beyond which runs go. */
  readonly keep: number;
  /** Bytes that the store may hold; null: any. */
  readonly size: number | null;
  /** Whether nobody else works in the folder, so that what is staged is left over. */
  readonly alone: boolean;
}

/** Younger files may be on their way into a record. */
const young = 60 * 60 * 1000;

/** Decides what goes; removes nothing. */
export function planGc(project: string, history: History, store: Store, rules: GcRules): GcPlan {
  const objects = listObjects(store.folder);
  const old = (file: Removable) => rules.now - file.since > young;
  const unreached = (gone: ReadonlySet<string>) => {
    const needed = new Set(keptArtifacts(history, keptRecords(history, gone)).map((artifact) => store.path(artifact)));
    SABOTAGE: if (sabotaged("gc-ignores-roots")) return objects;
    return objects.filter((file) => !needed.has(file.path) && old(file));
  };
  const runs = chooseRuns(history, rules, (gone) => sum(objects) - sum(unreached(gone)));
  const records = keptRecords(history, runs);
  const swept = unreached(runs);
  const known = new Set(history.runs.map(({ id }) => id).filter((id) => !runs.has(id)));
  const kept = [...records].map((id) => history.records.get(id));
  const failed = history.failed.filter(({ run }) => !runs.has(run));
  const bundles = new Set([...kept, ...failed].map((each) => each?.bundle));
  // A run's file goes with the last of its records; the first versions named a file by its record's seal.
  const manifests = new Set(kept.flatMap((record) => [record?.run, record?.seal]));
  return {
    runs: [...runs],
    records: [...history.records.keys()].filter((id) => !records.has(id)),
    objects: swept,
    logs: listEntries(path.join(stateFolder(project), "runs")).filter(
      (folder) => runs.has(path.basename(folder.path)) || (!known.has(path.basename(folder.path)) && old(folder)),
    ),
    bundles: listEntries(bundleFolder(project)).filter((file) => !bundles.has(path.basename(file.path).replace(/\.map$/, "")) && old(file)),
    manifests: listEntries(manifestFolder(project)).filter((file) => !manifests.has(path.parse(file.path).name) && old(file)),
    staging: rules.alone ? listEntries(path.join(stateFolder(project), "staging")) : [],
    storeBytes: sum(objects) - sum(swept),
  };
}

/** Runs beyond the age; then the oldest others, as many as it takes for the store to be small enough. */
function chooseRuns(
  { runs, pinnedRuns }: History,
  { now, keep, size }: GcRules,
  sizeWithout: (gone: ReadonlySet<string>) => number,
): Set<string> {
  const free = runs.filter(({ id }) => !pinnedRuns.has(id));
  const expired = free.filter(({ startedAt }) => now - Date.parse(startedAt) > keep).length;
  const first = (count: number) => new Set(free.slice(0, count).map(({ id }) => id));
  if (size === null) return first(expired);
  // Where even all of them would not do, no more go than help.
  const aim = Math.max(size, sizeWithout(first(free.length)));
  // The store gets smaller with each run that goes, so the fewest that do can be searched by halving.
  let [low, high] = [expired, free.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (sizeWithout(first(middle)) <= aim) high = middle;
    else low = middle + 1;
  }
  return first(low);
}
