/** The order in which a run's bytes become durable, read from its system calls: what no kill can show, since the machine goes on. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { built } from "../rig/build.ts";
import { finished, TestProject } from "../rig/project.ts";
import { files, newMarks } from "./three-steps.ts";

interface Call {
  readonly name: string;
  /** Path of the file, or of the descriptor. */
  readonly path: string;
  /** Target of a rename. */
  readonly to: string;
  readonly line: string;
}

/**
 * Runs the three steps under strace. Every file in the store came by a rename, after it had been synced; its folder was
 * synced then, and so was the parent of a new folder; the log of the database was synced after all of that, and then
 * only the step's end was told.
 * @returns how many renames were looked at
 */
export async function assertOrder(env: NodeJS.ProcessEnv = {}): Promise<number> {
  const project = new TestProject(files);
  const marks = newMarks();
  try {
    const all = await callsOf(project, { ...env, ...marks });
    const told = all.flatMap(({ name, line }, at) => (name === "write" && line.includes('\\"type\\":\\"step.ran\\"') ? [at] : []));
    expect(told).toHaveLength(3);
    const store = project.path(".stepbook/store");
    const renames = all.flatMap((call, at) => (call.name === "rename" && call.to.startsWith(store) ? [{ ...call, at }] : []));
    for (const { path: from, to, at } of renames) {
      const end = told.find((each) => each > at)!;
      const within = (name: RegExp, file: string, start: number, stop: number) =>
        all.slice(start, stop).some((call) => name.test(call.name) && call.path === file);
      expect(within(/^fsync$/, from, 0, at), `${from} is synced before it is renamed`).toBe(true);
      expect(within(/^fsync$/, path.dirname(to), at, end), `the folder of ${to} is synced`).toBe(true);
      const synced = all.findIndex((call, i) => i > at && /^f(data)?sync$/.test(call.name) && call.path.endsWith("state.db-wal"));
      expect(synced, `the commit comes after ${to}, and is synced before it is told`).toBeGreaterThan(at);
      expect(synced).toBeLessThan(end);
    }
    for (const [at, { name, path: made }] of all.entries()) {
      if (name !== "mkdir" || path.dirname(made) !== store) continue;
      const end = told.find((each) => each > at)!;
      expect(
        all.slice(at, end).some((call) => call.name === "fsync" && call.path === store),
        `${made} is there after a power cut`,
      ).toBe(true);
    }
    const stored = readdirSync(store, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    expect(
      stored.filter((file) => !renames.some(({ to }) => to === file)),
      "nothing is written in its place",
    ).toEqual([]);
    return renames.length;
  } finally {
    rmSync(marks.COUNTER, { force: true });
    project.dispose();
  }
}

async function callsOf(project: TestProject, env: NodeJS.ProcessEnv): Promise<Call[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "stepbook-order-"));
  const log = path.join(folder, "log");
  const traced = spawn(
    "strace",
    [
      "-f",
      "-y",
      "-qq",
      "-s",
      "40",
      "-o",
      log,
      "-e",
      "trace=write,fsync,fdatasync,rename,mkdir",
      process.execPath,
      path.join(built, "bin.cjs"),
      "run",
      "--json",
    ],
    {
      cwd: project.folder,
      env: { ...process.env, NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const { code, stderr } = await finished(traced);
  expect(code, stderr).toBe(0);
  const text = readFileSync(log, "utf8");
  rmSync(folder, { recursive: true, force: true });
  return parse(text);
}

/** A call that another thread's interrupts is written in two pieces: it counts where it ends. */
function parse(text: string): Call[] {
  const begun = new Map<string, string>();
  return text.split("\n").flatMap((line): Call[] => {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.includes("<unfinished ...>")) {
      begun.set(thread, rest);
      return [];
    }
    const resumed = /^<\.\.\. \w+ resumed>/.test(rest);
    const whole = resumed ? (begun.get(thread) ?? "") : rest;
    const [, name, file = ""] = /^(\w+)\((?:\d+<)?"?([^">,]*)/.exec(whole) ?? [];
    if (name === undefined || / = -1 /.test(rest)) return [];
    return [{ name, path: file, to: /^rename\("[^"]*", "([^"]*)"/.exec(whole)?.[1] ?? "", line: whole }];
  });
}
