import { statSync } from "node:fs";
import { logFile } from "../execute/logs.ts";
import { startedSteps, startsFile } from "../execute/started.ts";
import { leaderOf } from "../record/leader.ts";
import { hasOpenRun } from "../record/recover.ts";
import { runGoesOn } from "../record/runs.ts";
import type { Db } from "../record/state.ts";
import { readLogSince } from "./data/logs.ts";
import type { Site } from "./site.ts";

/** ms between two looks at what others write, at whether they live, and at all else: the clock, and the data that steps read. */
const [often, sometimes, seldom] = [150, 1000, 60_000];

/**
 * Sees what other processes do: a run from the terminal, a saved file. SQLite tells cheaply whether
 * another connection wrote; a run notes the steps that it starts. Looks only while somebody watches.
 * @returns the function that ends it
 */
export function watchOutside(site: Site): () => void {
  let before: { readonly written: string; readonly sources: string } | undefined;
  let dead = 0;
  const printed = new Map<string, number>();
  const look = () => {
    const now = { written: written(site), sources: site.stamp() };
    // What a run of this process writes it also tells.
    const ours = site.live.run !== null;
    if (before && (now.sources !== before.sources || (!ours && now.written !== before.written))) site.live.changed();
    before = now;
    follow(site, printed);
  };
  const lookForLife = () => {
    const now = deadOf(site);
    if (now !== dead) site.live.changed();
    dead = now;
  };
  const ends = [
    whileWatched(site, often, look),
    whileWatched(site, sometimes, lookForLife),
    whileWatched(site, seldom, () => site.live.changed()),
  ];
  return () => ends.forEach((end) => end());
}

function whileWatched({ live }: Site, every: number, look: () => void): () => void {
  const timer = setInterval(() => live.viewers > 0 && look(), every);
  timer.unref();
  return () => clearInterval(timer);
}

/** Tells what running steps print. */
function follow({ kept: { db }, project, live }: Site, printed: Map<string, number>): void {
  const running = openRuns(db);
  for (const run of running) {
    for (const step of live.run === run ? live.steps : startedSteps(project, run).keys()) {
      const id = `${run}/${step}`;
      const size = changedSize(project, run, step);
      const since = printed.get(id);
      if (size === 0 || since === size) continue;
      const news = readLogSince(project, run, step, since ?? 0);
      const end = news?.lines.at(-1)?.[1];
      if (!news || end === undefined) continue;
      printed.set(id, end);
      live.printed({ type: "log", ...news });
    }
  }
  for (const id of printed.keys()) if (!running.includes(id.split("/")[0]!)) printed.delete(id);
}

function changedSize(project: string, run: string, step: string): number {
  return statSync(logFile(project, run, step), { throwIfNoEntry: false })?.size ?? 0;
}

function written({ kept: { db }, project }: Site): string {
  const version = db.pragma("data_version", { simple: true }) as number;
  const running = openRuns(db);
  return JSON.stringify([version, running, running.map((run) => changed(startsFile(project, run)))]);
}

/** How many of the two have died, a runner and the scheduler: who is killed writes nothing any more. */
function deadOf({ kept: { db } }: Site): number {
  return Number(hasOpenRun(db) && !runGoesOn(db)) + Number(leaderOf(db)?.lives === false);
}

function openRuns(db: Db): string[] {
  return db.prepare("SELECT id FROM runs WHERE status = 'running'").pluck().all() as string[];
}

function changed(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
