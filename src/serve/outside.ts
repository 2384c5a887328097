import { readdirSync, statSync } from "node:fs";
import path from "node:path";
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

interface Look {
  readonly written: string;
  readonly sources: string;
  readonly models: string;
  readonly schedules: string;
}

/**
 * Sees what other processes do: a run from the terminal, a saved file. SQLite tells cheaply whether
 * another connection wrote; a run notes the steps that it starts. Looks only while somebody watches.
 * @returns the function that ends it
 */
export function watchOutside(site: Site): () => void {
  let before: Look | undefined;
  let dead = "[[],null]";
  const printed = new Map<string, number>();
  const look = () => {
    const now = lookAt(site, before);
    // What a run of this process writes it also tells; of the schedules it writes nothing.
    const others = site.live.run === null && now.written !== before?.written;
    if (before && (others || now.sources !== before.sources || now.models !== before.models || now.schedules !== before.schedules))
      site.live.changed();
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

function lookAt(site: Site, before: Look | undefined): Look {
  const now = written(site);
  const schedules = before?.written === now ? before.schedules : schedulesOf(site);
  return { written: now, schedules, sources: site.stamp(), models: modelsOf(site) };
}

/** The schedules with their pauses, and how far their ledger is. */
function schedulesOf({ kept: { db } }: Site): string {
  return JSON.stringify([
    db.prepare("SELECT name, definition, paused FROM schedules").raw().all(),
    db.prepare("SELECT count(*), max(updated_at) FROM slots").raw().get(),
  ]);
}

/** Aliases are files, and versions lie in folders: nothing of them is in the database. */
function modelsOf({ project }: Site): string {
  const folder = path.join(project, "models");
  try {
    return readdirSync(folder)
      .map((name) => `${name}:${signatureOf(path.join(folder, name))}`)
      .join("|");
  } catch {
    return ""; // No model was saved yet.
  }
}

/** An alias that is moved is another file under the same name. */
function signatureOf(file: string): string {
  const { ino = 0, mtimeMs = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return `${ino}:${mtimeMs}`;
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

/** Which runner and which scheduler have died: who is killed writes nothing any more. Not how many: another one may die soon after. */
function deadOf({ kept: { db } }: Site): string {
  const leader = leaderOf(db);
  const runs = hasOpenRun(db) && !runGoesOn(db) ? openRuns(db) : [];
  return JSON.stringify([runs, leader?.lives === false ? [leader.pid, leader.since] : null]);
}

function openRuns(db: Db): string[] {
  return db.prepare("SELECT id FROM runs WHERE status = 'running'").pluck().all() as string[];
}

function changed(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
