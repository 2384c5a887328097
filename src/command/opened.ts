import { existsSync } from "node:fs";
import path from "node:path";
import { type Opened, openProject } from "../engine.ts";
import { discoverSteps } from "../graph/discover.ts";
import { type Kept, openKept } from "../open-kept.ts";
import { stateFolder } from "../record/state.ts";
import type { Io } from "./io.ts";

/** Works on what is kept of a project, whatever its graph is like now. @throws E_NO_STEPS */
export async function withKept<T>(io: Io, work: (kept: Kept) => Promise<T> | T): Promise<T> {
  const project = path.resolve(io.project);
  refuseNoProject(project);
  const kept = openKept(project);
  try {
    return await work(kept);
  } finally {
    kept.digests.flush();
    kept.db.close();
  }
}

/** A folder that is not a project is not made one by looking at it. @throws E_NO_STEPS */
export function refuseNoProject(project: string): void {
  if (!existsSync(path.join(stateFolder(project), "state.db"))) discoverSteps(project);
}

/** Works on a project and its graph. */
export async function withProject<T>(io: Io, work: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await openProject(path.resolve(io.project));
  try {
    return await work(opened);
  } finally {
    opened.close();
  }
}
