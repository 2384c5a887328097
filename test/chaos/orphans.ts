import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { alive } from "../rig/processes.ts";
import { finished, TestProject } from "../rig/project.ts";
import { assertNoneAlive, newMarks } from "./three-steps.ts";

/** Waits for a file that a step writes when it has come so far, with something in it. */
export async function untilThere(file: string, ended: () => boolean): Promise<void> {
  while (!(existsSync(file) && readFileSync(file, "utf8") !== "")) {
    if (ended()) throw new Error(`the run ended before ${file} was there`);
    await sleep(2);
  }
}

/** Kills a runner whose step is busy, or waits, and has children. @returns how many ms its processes lived on */
export async function assertOrphansEnd(busy: boolean, env: NodeJS.ProcessEnv = {}): Promise<number> {
  const project = new TestProject({
    "steps/10_a.ts": `import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
spawn("sh", ["-c", "sleep 300 & wait"], { stdio: "ignore" });
writeFileSync(process.env.COUNTER!, "here");
${busy ? "for (const until = Date.now() + 300_000; Date.now() < until; );" : "await new Promise((resolve) => setTimeout(resolve, 300_000));"}
export const a = 1;
`,
  });
  const marks = newMarks();
  try {
    const child = project.start(["run"], { env: { ...env, ...marks } });
    const ended = finished(child);
    await untilThere(marks.COUNTER, () => child.exitCode !== null);
    expect(alive(marks.MARK).length).toBeGreaterThan(2);
    const killed = performance.now();
    child.kill("SIGKILL");
    await assertNoneAlive(marks.MARK, "the runner is killed");
    await ended;
    return Math.round(performance.now() - killed);
  } finally {
    rmSync(marks.COUNTER, { force: true });
    project.dispose();
  }
}
