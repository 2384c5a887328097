import type { Comparison } from "../comparison.ts";
import { aheadOf, atMost, within } from "../goals.ts";
import { grid, middle } from "../grid.ts";
import { nodeItself, stepbook, warmGrid } from "../ours.ts";
import { takePart } from "../peer/take-part.ts";
import { ninja } from "../peer/ninja.ts";
import { turbo } from "../peer/turbo.ts";
import { wireit } from "../peer/wireit.ts";
import { timed } from "../shell.ts";

const hundred = grid(10, 10);
const thousand = grid(10, 100);

export const noop100: Comparison = {
  name: "noop-100",
  title: "nothing changed, 100 steps",
  rounds: { full: 11, quick: 11 },
  async prepare(site) {
    const project = warmGrid(site, "grid-100", hundred);
    const peers = takePart(site, hundred, middle(hundred), "warm", { nx: 7, DVC: 5, Snakemake: 5, ...(site.quick ? { wireit: 3 } : {}) });
    return {
      contenders: [nodeItself(site), { name: "stepbook", role: "ours", turn: () => timed(stepbook(site, project)) }, ...peers.contenders],
      absent: peers.absent,
      goals: [atMost(1.35, "stepbook", "node -e 0"), aheadOf("stepbook", "turbo", "wireit", "moon", "nx", "DVC", "Snakemake")],
    };
  },
};

export const noopTsx: Comparison = {
  name: "noop-tsx",
  title: "nothing changed, 100 steps, from source: npx tsx runner.ts",
  rounds: { full: 7, quick: 3 },
  async prepare(site) {
    const project = warmGrid(site, "grid-100", hundred);
    const empty = site.project("empty", { "empty.ts": "export {};\n" });
    return {
      contenders: [
        { name: "npx tsx empty.ts", role: "floor", turn: () => timed({ file: "npx", words: ["tsx", "empty.ts"], cwd: empty }) },
        { name: "npx tsx runner.ts", role: "ours", turn: () => timed({ file: "npx", words: ["tsx", "runner.ts"], cwd: project }) },
        {
          name: "node --import tsx empty.ts",
          role: "floor",
          turn: () => timed({ file: process.execPath, words: ["--import", "tsx", "empty.ts"], cwd: empty }),
        },
      ],
      goals: [within(60, "npx tsx runner.ts", "npx tsx empty.ts")],
    };
  },
};

export const noop1000: Comparison = {
  name: "noop-1000",
  title: "nothing changed, 1,000 steps",
  rounds: { full: 7, quick: 0 },
  async prepare(site) {
    const [small, large] = [warmGrid(site, "grid-100", hundred), warmGrid(site, "grid-1000", thousand)];
    const others = takePart(site, thousand, middle(thousand), "warm", {}, [ninja, wireit, turbo]);
    return {
      contenders: [
        nodeItself(site),
        { name: "stepbook, 100 steps", role: "ours", turn: () => timed(stepbook(site, small)) },
        { name: "stepbook, 1,000 steps", role: "ours", turn: () => timed(stepbook(site, large)) },
        ...others.contenders,
      ],
      absent: others.absent,
      goals: [atMost(2, "stepbook, 1,000 steps", "stepbook, 100 steps"), aheadOf("stepbook, 1,000 steps", "turbo", "wireit")],
    };
  },
};
