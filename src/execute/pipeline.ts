import { existsSync } from "node:fs";
import path from "node:path";
import type { RunOptions } from "../config.ts";
import type { Emit } from "../events.ts";
import { stateFolder } from "../record/state.ts";
import type { Cancellation } from "./cancel.ts";
import type { Finished } from "./finished.ts";
import type { ProcessPool } from "./pool.ts";
import { runUnchanged } from "./unchanged.ts";

/**
 * One run: graph → lock → plan → walk → finish. Everything that happens is told as events; what
 * is wrong before a step runs is thrown.
 */
export async function runPipeline(options: RunOptions, emit: Emit, cancel: Cancellation): Promise<Finished> {
  const waiting = options.standby?.take();
  const ahead = waiting ?? (await firstProcesses(options));
  try {
    // A waiting process means that a save started this run: something has changed.
    const settled = waiting ? undefined : await runUnchanged(options, emit, cancel);
    if (settled) return settled;
    const { runOpened } = await import("./run-opened.ts");
    return await runOpened(options, ahead, emit, cancel);
  } finally {
    ahead?.close();
  }
}

/** Where nothing was kept, steps are sure to run. */
async function firstProcesses({ project, jobs }: RunOptions): Promise<ProcessPool | undefined> {
  if (existsSync(path.join(stateFolder(project), "state.db"))) return undefined;
  const { startAhead } = await import("./ahead.ts");
  const started = await startAhead(project, jobs);
  (await import("../graph/esbuild-ahead.ts")).startEsbuild();
  return started;
}
