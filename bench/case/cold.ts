import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Comparison, Contender } from "../comparison.ts";
import { aheadOf, atMost, under } from "../goals.ts";
import { grid, middle, scriptFile, scriptFiles, type Node } from "../grid.ts";
import { coldTurn, forget, gridProject, stepbook } from "../ours.ts";
import { ninja } from "../peer/ninja.ts";
import { takePart } from "../peer/take-part.ts";
import { turbo } from "../peer/turbo.ts";
import { wireit } from "../peer/wireit.ts";
import { ofCommand, watched } from "../shell.ts";
import { write, type Site } from "../site.ts";

const hundred = grid(10, 10);
const thousand = grid(10, 100);

export const cold100: Comparison = {
  name: "cold-100",
  title: "100 trivial steps cold, 2 jobs",
  rounds: { full: 5, quick: 1 },
  async prepare(site) {
    const project = gridProject(site, "grid-100", hundred);
    const peers = takePart(site, hundred, middle(hundred), "cold", { make: 2, wireit: 2, turbo: 2, moon: 2, nx: 2, DVC: 1, Snakemake: 2 });
    return {
      contenders: [plainNode(site, hundred), { name: "stepbook", role: "ours", turn: () => coldTurn(site, project) }, ...peers.contenders],
      absent: peers.absent,
      goals: [atMost(1.1, "stepbook", "ninja")],
    };
  },
};

export const cold1000: Comparison = {
  name: "cold-1000",
  title: "1,000 trivial steps cold, 2 jobs",
  rounds: { full: 1, quick: 0 },
  async prepare(site) {
    const project = gridProject(site, "grid-1000", thousand);
    const turn = () => {
      forget(project);
      return watched(stepbook(site, project, "run", "-j", "2"), ofCommand);
    };
    const peers = takePart(site, thousand, middle(thousand), "cold", {}, [ninja, wireit, turbo]);
    return {
      contenders: [{ name: "stepbook", role: "ours", turn }, ...peers.contenders],
      absent: peers.absent,
      goals: [aheadOf("stepbook", "ninja"), under(150, "stepbook", "mb")],
    };
  },
};

/** The same scripts, started two at a time in the order of the grid, by nothing but a loop. */
function plainNode(site: Site, nodes: readonly Node[]): Contender {
  const project = path.join(site.folder, `plain-${nodes.length}`);
  write(project, scriptFiles(nodes));
  mkdirSync(path.join(project, "out"));
  return { name: "node x.mjs, 2 at a time", role: "floor", turn: () => twoAtATime(nodes.map(scriptFile), project) };
}

async function twoAtATime(files: readonly string[], cwd: string): Promise<{ ms: number }> {
  const started = performance.now();
  const waiting = [...files];
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const child = spawn(process.execPath, [file], { cwd, stdio: "ignore" });
      await new Promise((resolve, reject) => child.once("exit", resolve).once("error", reject));
    }
  };
  await Promise.all([worker(), worker()]);
  return { ms: performance.now() - started };
}
