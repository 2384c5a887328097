/**
 * What a scheduler costs that waits: memory (PSS) and CPU of its processes over 60 s. `npx tsx bench/idle.ts [seconds]`.
 * Beside it what Airflow 3.3.2 was measured to take on such a machine, idle, with SQLite: 994 MB in 49 processes, 7.9 % of a core.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildPackage } from "../build.ts";
import { TestProject } from "../test/rig/project.ts";

const seconds = Number(process.argv[2] ?? 60);
const root = path.resolve(import.meta.dirname, "..");
const built = path.join(root, "node_modules", ".cache", "stepbook-bench-idle");
const ticksPerSecond = 100;

/** The process and all below it. */
function tree(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(stat(Number(name))[1])] as const);
  const below = (of: number): number[] => [of, ...parents.filter(([, parent]) => parent === of).flatMap(([child]) => below(child))];
  return below(pid);
}

/** Fields of /proc/PID/stat after the command's name: state, parent, …; none where the process has gone. */
function stat(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

const pss = (pid: number) => Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))![1]) / 1024;
const cpu = (pid: number) => (Number(stat(pid)[11]) + Number(stat(pid)[12])) / ticksPerSecond;
const sum = (values: readonly number[]) => values.reduce((all, each) => all + each, 0);

await buildPackage(root, built);
const project = new TestProject({
  "schedule.mjs": `import { schedule } from ${JSON.stringify(path.join(built, "schedule.js"))};\nawait schedule({ train: { cron: "@daily" } });\n`,
  "steps/10_a.ts": "export const a = 1;\n",
});
try {
  console.log(`idle for ${seconds} s          processes       PSS    CPU of a core`);
  for (const [name, words] of [
    ["without pages", ["--no-ui"]],
    ["with the pages", ["--port", "0"]],
  ] as const) {
    const child = spawn(process.execPath, [project.path("schedule.mjs"), ...words], { cwd: project.folder, stdio: "ignore" });
    await sleep(5_000);
    const before = sum(tree(child.pid!).map(cpu));
    await sleep(seconds * 1000);
    const pids = tree(child.pid!);
    console.log(
      `${name.padEnd(24)} ${String(pids.length).padStart(9)} ${sum(pids.map(pss)).toFixed(0).padStart(6)} MB ${(((sum(pids.map(cpu)) - before) / seconds) * 100).toFixed(2).padStart(9)} %`,
    );
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  console.log(`${"Airflow 3.3.2".padEnd(24)} ${"49".padStart(9)}    994 MB      7.90 %   (measured before, not in this run)`);
} finally {
  project.dispose();
}
