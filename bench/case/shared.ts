import type { Comparison } from "../comparison.ts";
import { perStep } from "../goals.ts";
import { grid, stepFiles } from "../grid.ts";
import { coldTurn, nodeItself, stepbook } from "../ours.ts";
import { run } from "../shell.ts";

const nodes = grid(10, 10);

export const shared: Comparison = {
  name: "shared",
  title: "100 trivial steps cold, isolation: shared",
  rounds: { full: 5, quick: 2 },
  async prepare(site) {
    const project = site.project("shared", stepFiles(nodes, 'export const config = { isolation: "shared" };\n'));
    const goals = [perStep(5, nodes.length, "stepbook", "node -e 0")];
    try {
      run(stepbook(site, project, "plan"));
    } catch (error) {
      return { contenders: [], absent: [{ name: "stepbook", why: (error as Error).message.split("\n").slice(1, 3).join(" ") }], goals };
    }
    return { contenders: [nodeItself(site), { name: "stepbook", role: "ours", turn: () => coldTurn(site, project) }], goals };
  },
};
