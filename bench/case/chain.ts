import type { Comparison } from "../comparison.ts";
import { perStep } from "../goals.ts";
import { forget, stepbook } from "../ours.ts";
import { timed } from "../shell.ts";

const count = 10;
const work = "const until = performance.now() + 300;\nlet spun = 0;\nwhile (performance.now() < until) spun++;\n";

export const chain: Comparison = {
  name: "chain",
  title: "a chain of 10 steps of 300 ms of work each",
  rounds: { full: 5, quick: 1 },
  async prepare(site) {
    const step = (i: number) => `${i === 0 ? "" : `import { x as before } from "./${i + 9}_s${i - 1}.ts";\n`}${work}export const x = ${i === 0 ? "1" : "before + 1"};\n`;
    const steps = Object.fromEntries(Array.from({ length: count }, (_, i) => [`steps/${i + 10}_s${i}.ts`, step(i)]));
    const project = site.project("chain", { ...steps, "alone.mjs": Array.from({ length: count }, () => `{\n${work}}\n`).join("") });
    const turn = () => {
      forget(project);
      return timed(stepbook(site, project));
    };
    return {
      contenders: [
        { name: "one script with the same work", role: "floor", turn: () => timed({ file: process.execPath, words: ["alone.mjs"], cwd: project }) },
        { name: "stepbook", role: "ours", turn },
      ],
      goals: [perStep(12, count, "stepbook", "one script with the same work")],
    };
  },
};
