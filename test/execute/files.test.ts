/** To make a file is most of what a small step costs: it makes as few as it can. */
import { readdirSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { TestProject } from "../rig/project.ts";

const count = 5;
const step = (n: number) =>
  `${n > 0 ? `import { a as before } from "./${9 + n}_a.ts";\n` : "const before = 0;\n"}export const a = before + ${n};\n`;

test("a step that tells a value and prints nothing makes two files: its bundle, and the value", async () => {
  const project = new TestProject(Object.fromEntries(Array.from({ length: count }, (_, n) => [`steps/${10 + n}_a.ts`, step(n)])));
  onTestFinished(() => project.dispose());
  expect((await project.run()).code).toBe(0);
  const made = readdirSync(project.path(".stepbook"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const madeIn = (place: string) =>
    made.filter(({ parentPath }) => `${parentPath}/`.startsWith(project.path(`.stepbook/${place}/`))).length;
  expect(["bundles", "store", "records", "runs", "staging"].map(madeIn)).toEqual([count, count, 1, 1, 0]);
});

test("a step that printed nothing has an empty log, in the run that ran it and in those that reuse it; one that did not run has none", async () => {
  const steps = {
    "steps/10_a.ts": "export const a = 1;\n",
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nthrow new Error(`no ${a}`);\n',
    "steps/30_c.ts": 'import "./20_b.ts";\n',
  };
  const project = new TestProject(steps);
  onTestFinished(() => project.dispose());
  const run = async () => (await project.run()).events.find((event) => event.type === "run.started")!.info.id;
  for (const id of [await run(), await run()]) {
    expect(await project.command(["logs", id, "10_a"])).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringContaining("nothing was printed"),
    });
    expect((await project.command(["logs", id, "20_b"])).stdout).toContain("no 1");
    expect((await project.command(["logs", id, "30_c"])).stderr).toContain("there is no log of 30_c");
  }
});
