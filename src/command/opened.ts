import path from "node:path";
import { type Opened, openKept, openProject } from "../engine.ts";
import type { Io } from "./io.ts";

type Kept = ReturnType<typeof openKept>;

/** Works on what is kept of a project, whatever its graph is like now. */
export async function withKept<T>(io: Io, work: (kept: Kept) => Promise<T> | T): Promise<T> {
  const kept = openKept(path.resolve(io.project));
  try {
    return await work(kept);
  } finally {
    kept.digests.flush();
    kept.db.close();
  }
}

/** Works on a project and its graph. */
export async function withProject<T>(io: Io, work: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await openProject(path.resolve(io.project));
  try {
    return await work(opened);
  } finally {
    opened.digests.flush();
    opened.db.close();
  }
}
