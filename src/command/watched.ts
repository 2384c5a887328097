import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { RunOptions } from "../config.ts";
import { openProject } from "../engine.ts";
import { usesTables } from "../execute/coming.ts";
import type { Kind } from "../execute/pool.ts";
import { selectSteps } from "../graph/select.ts";
import type { Digest, Written } from "../model.ts";
import { PackageHasher } from "../plan/packages.ts";
import { currentRecord } from "../record/lookup.ts";
import type { FileHasher } from "../store/files.ts";
import { linkedPackages } from "./linked-packages.ts";

/** Something happened at a path: what is there changed, or something came, went or was renamed. */
export interface Change {
  readonly event: "change" | "rename";
  readonly path: string;
}

/** What the result of a pipeline depends on in the file system. Absolute paths. */
export interface Watched {
  /** Sources of the bundles, what linked packages hold, and what records read; there or not. */
  readonly files: ReadonlySet<string>;
  /** Folders whose entries were listed, `steps/` among them. */
  readonly folders: ReadonlySet<string>;
  /** What steps wrote, with what it was then: found unchanged it is not a change of the user's. */
  readonly outputs: ReadonlyMap<string, Digest | null>;
  /** The graph cannot be read, so that any source beside the known ones may mend it. */
  readonly broken: boolean;
  /** What one of the steps wants. */
  readonly kind: Kind;
  readonly hasher: FileHasher | undefined;
}

/** @param places files that failures named */
export async function readWatched(options: RunOptions, places: readonly string[], before: Watched | undefined): Promise<Watched> {
  const { project } = options;
  const absolute = (file: string) => path.resolve(project, file);
  const named = [...places, "experiments.sql"].map(absolute);
  try {
    const { graph, db, digests, hasher, close } = await openProject(project);
    try {
      // The hasher is asked when the state is closed again.
      digests.load();
      const selected = selectSteps(graph, options.steps);
      const steps = graph.steps.filter((step) => selected.has(step.id));
      const records = steps.flatMap((step) => currentRecord(db, step.name) ?? []);
      const reads = records.flatMap((record) => record.reads).filter(({ name }) => !/^\/(?:proc|sys|dev)\//.test(name));
      const listed = reads
        .filter(({ kind }) => kind === "folder" || kind === "match")
        .map(({ kind, name }) => absolute(kind === "match" ? path.dirname(name) : name));
      const seen = reads.filter(({ kind }) => kind === "file" || kind === "stat" || kind === "exists").map(({ name }) => absolute(name));
      const linked = await linkedPackages(steps, new PackageHasher(project, digests));
      return {
        files: new Set([...named, ...linked.files, ...steps.flatMap((step) => Object.keys(step.code.sources)).map(absolute), ...seen]),
        folders: new Set([absolute("steps"), ...linked.folders, ...listed]),
        outputs: new Map(
          await Promise.all(records.flatMap(({ written }) => written.map((output) => leftAs(hasher, absolute(output.path), output)))),
        ),
        broken: false,
        kind: { tables: steps.some(usesTables), outside: steps.some((step) => step.outside) },
        hasher,
      };
    } finally {
      close();
    }
  } catch {
    // The run has said, or will say, what is wrong with the graph.
    return {
      files: new Set([...(before?.files ?? []), ...named]),
      folders: new Set([absolute("steps"), absolute("lib"), ...(before?.folders ?? [])]),
      outputs: before?.outputs ?? new Map(),
      broken: true,
      kind: before?.kind ?? { tables: false, outside: false },
      hasher: before?.hasher,
    };
  }
}

/** What a run left at a path: what was only added to is no other for what was added. */
async function leftAs(hasher: FileHasher, file: string, { digest, appended }: Written): Promise<[file: string, digest: Digest | null]> {
  return [file, appended ? ((await hasher.hash(file))?.digest ?? null) : digest];
}

/** The folders to watch; in place of one that is not there the nearest above it, where it would appear. */
export function watchedFolders({ files, folders }: Watched): Set<string> {
  const wanted = [...[...files].map((file) => path.dirname(file)), ...folders];
  return new Set(wanted.map(nearestFolder));
}

function nearestFolder(folder: string): string {
  for (let each = folder; ; each = path.dirname(each)) {
    if (existsSync(each) || path.dirname(each) === each) return each;
  }
}

/** The clock of files may lag behind the other by this much, in ms. */
const lag = 50;

/**
 * Whether a change may change what the pipeline does.
 * @param since when the last run began: it has seen what was there before
 */
export async function matters(watched: Watched, { event, path: file }: Change, since: number): Promise<boolean> {
  const { files, folders, outputs, broken, hasher } = watched;
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats && Math.max(stats.mtimeMs, stats.ctimeMs) < since - lag) return false;
  if (outputs.has(file) && hasher && ((await hasher.hash(file))?.digest ?? null) === outputs.get(file)) return false;
  if (files.has(file) || folders.has(file)) return true;
  if (
    event === "rename" &&
    (folders.has(path.dirname(file)) || [...files, ...folders].some((each) => each.startsWith(`${file}${path.sep}`)))
  )
    return true;
  return broken && /\.(?:[cm]?[jt]sx?|json)$/.test(file);
}

/**
 * What was saved since, where nobody was there to tell of that: files that were not watched before, and, where any source may mend the
 * graph, what lies in folders that were not.
 */
export function missedChanges(before: Watched | undefined, now: Watched, since: number): Change[] {
  const files = [...now.files].filter((file) => !before?.files.has(file));
  const known = before ? watchedFolders(before) : new Set();
  const folders = now.broken ? [...watchedFolders(now)].filter((folder) => !known.has(folder)) : [];
  const saved = (file: string) => (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= since - lag;
  return [...files, ...folders.flatMap(filesIn)].filter(saved).map((file) => ({ event: "change" as const, path: file }));
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => path.join(folder, name));
  } catch {
    return []; // It went meanwhile.
  }
}
