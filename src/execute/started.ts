import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { stateFolder } from "../record/state.ts";

/** Where a run keeps what its steps print. */
export function logFolder(project: string, run: string): string {
  return path.join(stateFolder(project), "runs", run);
}

/** Where a run notes its steps, and when it starts each: most of them print nothing, and have no log. */
export function startsFile(project: string, run: string): string {
  return path.join(logFolder(project, run), "started");
}

/** Notes which steps a run is of: those that have neither begun nor ended wait. */
export function noteSteps(project: string, run: string, steps: Iterable<string>): void {
  try {
    mkdirSync(logFolder(project, run), { recursive: true });
    appendFileSync(startsFile(project, run), [...steps].map((step) => `${step}\n`).join(""), { mode: 0o600 });
  } catch {
    // Only who looks on misses it.
  }
}

/** Notes that a step begins. */
export function noteStart(project: string, run: string, step: string): void {
  mkdirSync(logFolder(project, run), { recursive: true });
  try {
    appendFileSync(startsFile(project, run), `${step}\t${Date.now()}\n`, { mode: 0o600 });
  } catch {
    // As with a log: the step's own writes tell of a full disk.
  }
}

/** The steps that a run is of, as it noted them before the first began. */
export function notedSteps(project: string, run: string): string[] {
  return textOf(startsFile(project, run))
    .split("\n")
    .filter((line) => line !== "" && !line.includes("\t"));
}

/** Steps that began in a run, or have a log in it → when they first did, in ms since 1970; that of a log alone is not known here. */
export function startedSteps(project: string, run: string): Map<string, number | undefined> {
  const starts = textOf(startsFile(project, run))
    .split("\n")
    .map((line) => line.split("\t"));
  const noted = starts.filter(([step, at]) => step !== "" && at !== undefined).map(([step, at]) => [step!, Number(at)] as const);
  // Of several attempts the first one counts. Runs of the first versions have logs only.
  return new Map<string, number | undefined>([
    ...logged(logFolder(project, run)).map((step) => [step, undefined] as const),
    ...noted.reverse(),
  ]);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function logged(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith(".log"))
      .map((file) => file.slice(0, -".log".length));
  } catch {
    return [];
  }
}
