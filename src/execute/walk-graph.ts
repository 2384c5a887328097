import { rmSync } from "node:fs";
import type { StepOutcome } from "../events.ts";
import { readResultTables } from "../record/experiments.ts";
import { stagingFolder } from "../record/recover.ts";
import { Cancellation, passOn } from "./cancel.ts";
import type { RunContext } from "./context.ts";
import { ProcessPool } from "./pool.ts";
import { Walk } from "./walk.ts";

/**
 * Walks the graph with processes at hand; loaded only where a step runs.
 * @param ahead processes that were started before the graph was known
 * @param finish what is done when all steps have ended, before the processes and the staged files go
 */
export async function walkGraph<T>(
  base: Omit<RunContext, "pool" | "resultTables">,
  child: string,
  ahead: ProcessPool | undefined,
  finish: (steps: StepOutcome[]) => T,
): Promise<T> {
  const { project } = base.graph;
  const pool = ahead ?? new ProcessPool(child, project);
  let tables: ReturnType<typeof readResultTables> | undefined;
  const cancel = new Cancellation();
  const release = passOn(base.cancel, cancel);
  try {
    const context = { ...base, cancel, pool, resultTables: (proposed?: () => string) => (tables ??= readResultTables(project, proposed)) };
    return finish(await new Walk(context, () => cancel.request()).run());
  } finally {
    release();
    pool.close();
    rmSync(stagingFolder(project, base.info.id), { recursive: true, force: true });
  }
}
