import type { Comparison } from "../comparison.ts";
import { steps, within } from "../goals.ts";
import { grid, middle } from "../grid.ts";
import { editComment, nodeItself, stepbook, warmGrid } from "../ours.ts";
import { takePart } from "../peer/take-part.ts";
import { run, timed } from "../shell.ts";

const nodes = grid(10, 10);

export const comment: Comparison = {
  name: "comment",
  title: "a comment edited in a middle step of 100",
  rounds: { full: 7, quick: 7 },
  async prepare(site) {
    const [still, edited] = [warmGrid(site, "grid-100", nodes), warmGrid(site, "grid-100-edited", nodes)];
    const turn = () => {
      editComment(edited, nodes);
      const { ms, stdout } = run(stepbook(site, edited, "run", "--json"));
      const finished = JSON.parse(stdout.trim().split("\n").at(-1)!) as { steps: { status: string }[] };
      return { ms, steps: finished.steps.filter(({ status }) => status === "ran").length };
    };
    // What was written within the last seconds is looked at anew, all of it: that is not a part of this.
    turn();
    const peers = takePart(
      site,
      nodes,
      middle(nodes),
      "comment",
      site.quick ? { ninja: 1, wireit: 1, turbo: 1 } : { nx: 5, DVC: 3, Snakemake: 3 },
    );
    return {
      contenders: [
        nodeItself(site),
        { name: "stepbook, nothing changed", role: "ours", turn: () => timed(stepbook(site, still, "run", "--json")) },
        { name: "stepbook", role: "ours", turn },
        ...peers.contenders,
      ],
      absent: peers.absent,
      goals: [steps(0, "stepbook"), within(60, "stepbook", "stepbook, nothing changed")],
    };
  },
};
