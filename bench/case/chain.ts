import type { Comparison } from "../comparison.ts";
import { perFurtherStep, perStep } from "../goals.ts";
import { forget, stepbook } from "../ours.ts";
import { timed } from "../shell.ts";

const count = 10;
const work = "const until = performance.now() + 300;\nlet spun = 0;\nwhile (performance.now() < until) spun++;\n";

export const chain: Comparison = {
  name: "chain",
  title: "a chain of 10 steps of 300 ms of work each",
  rounds: { full: 5, quick: 1 },
  async prepare(site) {
    const step = (i: number) =>
      `${i === 0 ? "" : `import { x as before } from "./${i + 9}_s${i - 1}.ts";\n`}${work}export const x = ${i === 0 ? "1" : "before + 1"};\n`;
    const steps = Object.fromEntries(Array.from({ length: count }, (_, i) => [`steps/${i + 10}_s${i}.ts`, step(i)]));
    const script = (of: number) => Array.from({ length: of }, () => `{\n${work}}\n`).join("");
    const project = site.project("chain", { ...steps, "alone.mjs": script(count), "first.mjs": script(1) });
    const alone = (file: string) => () => timed({ file: process.execPath, words: [file], cwd: project });
    const ours =
      (...words: string[]) =>
      () => {
        forget(project);
        return timed(stepbook(site, project, ...words));
      };
    return {
      contenders: [
        { name: "one script with the same work", role: "floor", turn: alone("alone.mjs") },
        { name: "stepbook", role: "ours", turn: ours() },
        { name: "the script's first step only", role: "floor", turn: alone("first.mjs") },
        { name: "stepbook, the first step only", role: "ours", turn: ours("run", "10_s0") },
      ],
      goals: [
        perStep(12, count, "stepbook", "one script with the same work"),
        perFurtherStep(
          12,
          count,
          ["stepbook", "stepbook, the first step only"],
          ["one script with the same work", "the script's first step only"],
        ),
      ],
    };
  },
};
