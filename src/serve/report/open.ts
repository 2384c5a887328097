import { fail } from "../../errors.ts";
import { findRuntime } from "../../execute/runtime.ts";
import { readGraph } from "../../graph/graph.ts";
import type { Graph } from "../../model.ts";
import { findRun, listRuns } from "../../record/runs.ts";
import { type Io, wholeNumber } from "../../command/io.ts";
import { withKept } from "../../command/opened.ts";
import { TableReader } from "../table-reader.ts";
import { type Document, readDocument } from "./document.ts";

/**
 * A run as a document: the newest, or the one that is named.
 * @throws E_NOT_FOUND
 */
export async function openDocument(io: Io, run: string | undefined, rows: string): Promise<{ document: Document; project: string }> {
  const most = wholeNumber("--rows", rows);
  return withKept(io, async (kept) => {
    if (listRuns(kept.db, 1).length === 0)
      fail("E_NOT_FOUND", "nothing has run here yet", { remedy: "run the steps first: then there is something to share" });
    const row = findRun(kept.db, run ?? "last");
    const tables = new TableReader(kept.store.folder);
    try {
      return { document: await readDocument({ ...kept, tables, graph: await graphNow(kept.project) }, row, most), project: kept.project };
    } finally {
      tables.close();
    }
  });
}

/** Null where a step cannot be read now: what ran is kept, and can be shared all the same. */
async function graphNow(project: string): Promise<Graph | null> {
  try {
    return await readGraph(project, (await findRuntime()).api);
  } catch {
    return null;
  }
}
