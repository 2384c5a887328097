/** What fails once while the graph is read is told, and no graph without it is used. */
import { expect, onTestFinished, test, vi } from "vitest";
import { readGraph } from "../../src/graph/graph.ts";
import { TestProject } from "../rig/project.ts";

const fault = vi.hoisted(() => ({ left: 0 }));

vi.mock("esbuild", async (original) => {
  const real = await original<typeof import("esbuild")>();
  // The pass that reads what each step exports, where no glance at them tells.
  const build: typeof real.build = (options) =>
    options.bundle === false && fault.left-- > 0 ? Promise.reject(new Error("no space left, once")) : real.build(options);
  return { ...real, build };
});

test("a file that could not be opened once is not a step without exports", async () => {
  const project = new TestProject({
    "steps/10_a.ts": "export const { a } = { a: 1 };\n",
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a + 1;\n',
  });
  onTestFinished(() => project.dispose());
  fault.left = 1;
  await expect(readGraph(project.folder, [])).rejects.toThrow("no space left, once");
  const graph = await readGraph(project.folder, []);
  expect(graph.steps.map((step) => step.exports)).toEqual([["a"], ["b"]]);
});
