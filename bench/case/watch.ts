import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Comparison } from "../comparison.ts";
import { under } from "../goals.ts";
import { grid, middle, stepFile, stepText } from "../grid.ts";
import { gridProject, stepbook } from "../ours.ts";

const nodes = grid(10, 10);

/** From the end of the write to the event that the first changed step has started. */
export const watch: Comparison = {
  name: "watch",
  title: "--watch, 100 steps: from save to the first changed step started",
  rounds: { full: 11, quick: 5 },
  async prepare(site) {
    // Whoever edited a comment there has done with it.
    const cwd = gridProject(site, "grid-100-edited", nodes);
    const { file, words } = stepbook(site, cwd, "run", "--watch", "--json", "-j", "2");
    const child = spawn(file, words, { cwd, stdio: ["ignore", "pipe", "inherit"] });
    const waiting = new Map<string, () => void>();
    createInterface(child.stdout).on("line", (line) => waiting.get((JSON.parse(line) as { type: string }).type)?.());
    const gone = new Promise<never>((_, reject) => child.once("exit", () => reject(new Error("--watch ended"))));
    gone.catch(() => {});
    const event = (type: string) => Promise.race([gone, new Promise<void>((resolve) => waiting.set(type, resolve))]);
    await event("run.finished");
    const edited = middle(nodes);
    let value = 1;
    const turn = async () => {
      const [started, finished] = [event("step.started"), event("run.finished")];
      writeFileSync(path.join(cwd, stepFile(edited)), stepText(edited).replace("(1 +", `(${++value} +`));
      const saved = performance.now();
      await started;
      const ms = performance.now() - saved;
      await finished;
      // The watcher is at rest again.
      await sleep(300);
      return { ms };
    };
    return { contenders: [{ name: "stepbook", role: "ours", turn }], goals: [under(60, "stepbook")], finish: () => ended(child) };
  },
};

async function ended(child: ReturnType<typeof spawn>): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGINT");
  await new Promise((resolve) => child.once("exit", resolve));
}
