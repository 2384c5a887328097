import type { RunOptions } from "../config.ts";
import type { Emit } from "../events.ts";
import type { Cancellation } from "../execute/cancel.ts";
import type { Finished } from "../execute/finished.ts";
import { runPipeline } from "../execute/pipeline.ts";
import { collectorOf } from "../trace/collector.ts";
import { databaseUrl } from "./url.ts";

/** A run, traced where a collector is named and mirrored where DATABASE_URL is set. What these need is loaded only then. */
export async function runMirrored(options: RunOptions, emit: Emit, cancel: Cancellation): Promise<Finished> {
  const collector = collectorOf(process.env);
  if (collector === undefined) return mirrored(options, emit, cancel);
  const { traced } = await import("../trace/traced.ts");
  return traced(collector, emit, (listen) => mirrored(options, listen, cancel));
}

async function mirrored(options: RunOptions, emit: Emit, cancel: Cancellation): Promise<Finished> {
  const url = databaseUrl(process.env);
  if (url === undefined) return runPipeline(options, emit, cancel);
  const { mirrorDuring } = await import("./during.ts");
  return mirrorDuring(options.project, url, emit, (listen) => runPipeline(options, listen, cancel));
}
