import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

const step = (...from: string[]) => `${from.map((file, i) => `import { x as x${i} } from "./${file}.ts";\n`).join("")}export const x = ${["1", ...from.map((_, i) => `x${i}`)].join(" + ")};\n`;

const startedBy = async (...words: string[]) => (await project.run(["--force", ...words])).events.filter(({ type }) => type === "step.started").map((event) => (event as unknown as { step: string }).step);

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
