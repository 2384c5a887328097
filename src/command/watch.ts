import type { RunOptions } from "../config.ts";
import { toFailure } from "../errors.ts";
import type { Event } from "../events.ts";
import type { Cancellation } from "../execute/cancel.ts";
import { Standby } from "../execute/standby.ts";
import { runMirrored } from "../mirror/run.ts";
import type { Report } from "../report/report.ts";
import { Changes } from "./changes.ts";
import { matters, missedChanges, readWatched, type Watched, watchedFolders } from "./watched.ts";

/**
 * Runs once, then again at every save of a file that the pipeline is made of or has read, until it
 * is cancelled. What is saved during a run is answered by one more.
 */
export async function watchPipeline(options: RunOptions, report: Report, cancellation: Cancellation): Promise<void> {
  const changes = new Changes();
  const standby = new Standby();
  try {
    let watched = await readWatched(options, [], undefined);
    changes.watch(watchedFolders(watched));
    while (!cancellation.requested) {
      const since = Date.now();
      const places = await runOnce({ ...options, trigger: "watch", standby }, report, cancellation);
      if (cancellation.requested) return;
      const before = watched;
      watched = await readWatched(options, places, before);
      changes.watch(watchedFolders(watched));
      changes.add(missedChanges(before, watched, since));
      await standby.prepare(options.project, watched.kind);
      report.event({ type: "watch.waiting", files: watched.files.size });
      await nextThatMatters(changes, watched, since, cancellation.signal);
    }
  } finally {
    changes.close();
    standby.close();
  }
}

/** @returns the files in which failures have their place: they are the ones that will be mended */
async function runOnce(options: RunOptions, report: Report, cancellation: Cancellation): Promise<string[]> {
  const places: string[] = [];
  const emit = (event: Event) => {
    if (event.type === "step.failed" && event.failure.place) places.push(event.failure.place.file);
    report.event(event);
  };
  try {
    await runMirrored(options, emit, cancellation);
  } catch (error) {
    const failure = toFailure(error);
    if (failure.place) places.push(failure.place.file);
    if (!cancellation.requested) report.failure(failure);
  }
  return places;
}

async function nextThatMatters(changes: Changes, watched: Watched, since: number, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      for (const change of await changes.next(signal)) if (await matters(watched, change, since)) return;
    }
  } catch (error) {
    if ((error as Error).name !== "AbortError") throw error;
  }
}
