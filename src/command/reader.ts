import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setHost } from "../step/host.ts";

/**
 * Lets this process open tables: the step API asks for a host, and DuckDB for a folder to spill to.
 * What is read here is not a step's read, so nothing is noted.
 */
export async function withReader<T>(project: string, work: () => Promise<T>): Promise<T> {
  const staging = mkdtempSync(path.join(tmpdir(), "stepbook-read-"));
  const now = new Date().toISOString();
  setHost({
    mode: "runner",
    project,
    staging,
    kept: staging,
    step: "",
    run: { id: "", trigger: "manual", logicalDate: now, startedAt: now },
    params: {},
    memory: null,
    threads: 1,
    note: () => {},
    opaque: () => {},
    written: () => {},
    emit: () => {},
    secret: () => {},
  });
  try {
    return await work();
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}
