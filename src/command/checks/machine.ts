import { existsSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type Sqlite from "better-sqlite3";
import { explainInstall } from "../../record/state.ts";
import { formatBytes } from "../../report/format.ts";
import { type Check, guarded, ok, warning, wrong } from "./check.ts";

const oldestNode = [20, 19] as const;

export function checkNode(): Check[] {
  const { node } = process.versions;
  return [
    isFrom(oldestNode)
      ? ok("Node", node)
      : wrong("Node", `${node} is older than ${oldestNode.join(".")}`, "install Node 20.19 or newer from nodejs.org"),
  ];
}

/** Whether this Node is that version or a newer one. */
function isFrom([major, minor]: readonly [major: number, minor: number]): boolean {
  const [ours = 0, ourMinor = 0] = process.versions.node.split(".").map(Number);
  return ours > major || (ours === major && ourMinor >= minor);
}

export function checkSqlite(): Promise<Check[]> {
  return guarded("better-sqlite3", "run `npm rebuild better-sqlite3` with this Node", async () => {
    const { default: Database } = await import("better-sqlite3");
    const version = versionOf(Database);
    return [
      mayAbort()
        ? warning(
            "better-sqlite3",
            `compiled by Node ${process.versions.node}: it may end a process with SIGABRT, mostly at its end`,
            "use Node 22, or a prebuilt better-sqlite3 (`npm rebuild better-sqlite3` where github.com is reached)",
          )
        : ok("better-sqlite3", `SQLite ${version}`),
    ];
  });
}

/** @throws E_INSTALL */
function versionOf(Database: typeof Sqlite): string {
  try {
    const db = new Database(":memory:");
    const version = db.prepare("SELECT sqlite_version()").pluck().get() as string;
    db.close();
    return version;
  } catch (error) {
    explainInstall(error);
    throw error;
  }
}

/**
 * Node 24.19 made each object of an addon that was compiled with its headers look for the environment when it is collected, which
 * fails outside of JavaScript; better-sqlite3 before 13, which needs Node 22, is such an addon (WiseLibs/better-sqlite3#1515).
 */
function mayAbort(): boolean {
  return isFrom([24, 19]) && existsSync(path.join(createRequire(import.meta.url).resolve("better-sqlite3"), "../../build/Makefile"));
}

export function checkDuckdb(project: string): Promise<Check[]> {
  return guarded("DuckDB", "run `npm install` again on this machine: its binary is of another platform or missing", async () => {
    const { withReader } = await import("../reader.ts");
    const { duckdb } = await import("../../step/duckdb.ts");
    const version = await withReader(project, async () => (await duckdb()).api.version());
    return [ok("DuckDB", version)];
  });
}

/** By writing: what a mode says is not what a read-only disk does. */
export function checkWritable(project: string): Promise<Check[]> {
  return guarded("project folder", `make ${project} writable for you: state, models and results are kept in it`, () => {
    const kept = path.join(project, ".stepbook");
    const probe = path.join(existsSync(kept) ? kept : project, `.doctor-${process.pid}`);
    writeFileSync(probe, "");
    rmSync(probe);
    return [ok("project folder", `${project} is writable`)];
  });
}

const little = 1e9;
const tooLittle = 1e8;

export function checkSpace(project: string): Promise<Check[]> {
  return guarded("free space", "check the disk", () => {
    const { bavail, bsize } = statfsSync(project);
    const free = bavail * bsize;
    const remedy = "`gc` removes what no kept run needs";
    if (free < tooLittle) return [wrong("free space", `${formatBytes(free)} left`, remedy)];
    return [free < little ? warning("free space", `${formatBytes(free)} left`, remedy) : ok("free space", formatBytes(free))];
  });
}
