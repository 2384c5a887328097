import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

const step = (...from: string[]) =>
  `${from.map((file, i) => `import { x as x${i} } from "./${file}.ts";\n`).join("")}export const x = ${["1", ...from.map((_, i) => `x${i}`)].join(" + ")};\n`;

const startedBy = async (...words: string[]) =>
  (await project.run(["--force", ...words])).events
    .filter(({ type }) => type === "step.started")
    .map((event) => (event as unknown as { step: string }).step);

test("where steps run side by side the longest way is begun first, and one by one they go by their numbers", async () => {
  project = new TestProject({
    "steps/10_root.ts": step(),
    "steps/20_leaf.ts": step("10_root"),
    "steps/21_leaf.ts": step("10_root"),
    "steps/22_way.ts": step("10_root"),
    "steps/30_way.ts": step("22_way"),
    "steps/40_end.ts": step("30_way", "20_leaf"),
  });
  const numbers = ["10_root", "20_leaf", "21_leaf", "22_way", "30_way", "40_end"];
  expect(await startedBy("-j", "1")).toEqual(numbers);
  const [first, second, ...others] = await startedBy("-j", "2");
  expect([first, second]).toEqual(["10_root", "22_way"]);
  expect([first, second, ...others].sort()).toEqual(numbers);
});

test("what a step was waited for goes before what waits already", async () => {
  const gate = (name: string) =>
    `import { existsSync } from "node:fs";\nwhile (!existsSync("${name}")) await new Promise((resolve) => setTimeout(resolve, 5));\n`;
  project = new TestProject({
    // Holds one of the two places until the end has begun.
    "steps/10_long.ts": `${gate("begun")}export const x = 1;\n`,
    "steps/11_root.ts": step(),
    "steps/20_leaf.ts": step("11_root"),
    "steps/21_way.ts": step("11_root"),
    "steps/30_way.ts": step("21_way"),
    "steps/40_way.ts": step("30_way"),
    "steps/50_end.ts": `import { x } from "./40_way.ts";\nimport { writeFileSync } from "node:fs";\nwriteFileSync("begun", "");\nexport const y = x;\n`,
    "steps/60_last.ts": 'import { x } from "./10_long.ts";\nimport { y } from "./50_end.ts";\nexport const z = x + y;\n',
  });
  const started = await startedBy("-j", "2");
  expect(started.filter((id) => /leaf|way|end/.test(id)).slice(0, 4)).toEqual(["21_way", "30_way", "40_way", "50_end"]);
});
