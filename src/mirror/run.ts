import type { RunOptions } from "../config.ts";
import type { Emit } from "../events.ts";
import type { Cancellation } from "../execute/cancel.ts";
import { type Finished, runPipeline } from "../execute/pipeline.ts";
import { databaseUrl } from "./url.ts";

/** A run, mirrored where DATABASE_URL is set. What the mirror needs is loaded only then. */
export async function runMirrored(options: RunOptions, emit: Emit, cancel: Cancellation): Promise<Finished> {
  const url = databaseUrl(process.env);
  if (url === undefined) return runPipeline(options, emit, cancel);
  const { mirrorDuring } = await import("./during.ts");
  return mirrorDuring(options.project, url, emit, (listen) => runPipeline(options, listen, cancel));
}
