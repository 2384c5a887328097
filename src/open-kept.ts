import path from "node:path";
import type { RunInfo } from "./model.ts";
import { World } from "./plan/reads.ts";
import { KeptDigests } from "./record/digests.ts";
import { projectKey } from "./record/key.ts";
import { type Db, openState, stateFolder } from "./record/state.ts";
import { FileHasher } from "./store/files.ts";
import { Store } from "./store/store.ts";

/** What is kept of a project. */
export interface Kept {
  readonly project: string;
  readonly db: Db;
  readonly digests: KeptDigests;
  readonly hasher: FileHasher;
  readonly store: Store;
}

/** The state of a project without its graph: for commands that only look at what is kept. */
export function openKept(project: string): Kept {
  const db = openState(project);
  const digests = new KeptDigests(db);
  const hasher = new FileHasher(digests);
  const store = new Store(path.join(stateFolder(project), "store"), hasher);
  return { project, db, digests, hasher, store };
}

/** Where steps read, with these params, in that run. */
export function worldOf(
  { project, hasher }: Pick<Kept, "project" | "hasher">,
  params: Readonly<Record<string, string>>,
  run: Partial<RunInfo>,
): World {
  return new World(project, params, process.env, projectKey(project), hasher, run);
}
