import { statSync } from "node:fs";
import path from "node:path";
import { logFolder } from "./data/logs.ts";
import type { Site } from "./site.ts";

const every = 150;

/**
 * Sees what other processes do: a run from the terminal, a saved file. SQLite tells cheaply whether
 * another connection wrote; a step that starts makes its log. Looks only while somebody watches.
 * @returns the function that ends it
 */
export function watchOutside(site: Site): () => void {
  let before = "";
  const timer = setInterval(() => {
    if (site.live.viewers === 0) return;
    const now = signature(site);
    if (before !== "" && now !== before) site.live.changed();
    before = now;
  }, every);
  timer.unref();
  return () => clearInterval(timer);
}

function signature(site: Site): string {
  const { db } = site.kept;
  const version = db.pragma("data_version", { simple: true }) as number;
  const running = db.prepare("SELECT id FROM runs WHERE status = 'running'").pluck().all() as string[];
  const logs = running.map((run) => changed(logFolder(site.project, run)));
  const sources = [...site.sources].map((file) => changed(path.join(site.project, file)));
  return JSON.stringify([version, running, logs, changed(path.join(site.project, "steps")), sources]);
}

function changed(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
