import { afterEach, describe, expect, test } from "vitest";
import type { Difference } from "../../src/command/compare-runs.ts";
import { oneByOne } from "../../src/command/one-by-one.ts";
import type { TestProject } from "../rig/project.ts";
import { lines, sample } from "./sample.ts";

let project: TestProject;
afterEach(() => project.dispose());

async function diff(): Promise<Difference[]> {
  const { code, stdout, stderr } = await project.command(["diff", "last~1", "last", "--json"]);
  expect(code, stderr).toBe(0);
  return lines(stdout) as unknown as Difference[];
}

const of = <Type extends Difference["type"]>(type: Type, all: readonly Difference[]) =>
  all.filter((each): each is Extract<Difference, { type: Type }> => each.type === type);

describe("diff of two runs", () => {
  test("params, data and metrics, then and now", async () => {
    project = sample();
    await project.run();
    await project.run(["-p", "k=3"]);
    const found = await diff();
    expect(of("step", found).map(({ step, after }) => `${step} ${after?.status}`)).toEqual([
      "10_words cached",
      "20_score ran",
      "30_save ran",
      "40_alone cached",
    ]);
    expect(of("param", found)).toEqual([{ type: "param", step: "20_score", name: "k", before: 2, after: 3 }]);
    expect(of("data", found).map((each) => each.export)).toEqual(["k", "total"]);
    expect(of("metric", found)).toEqual([
      { type: "metric", step: "30_save", table: "experiments", row: 1, column: "k", before: 2, after: 3, delta: 1 },
      { type: "metric", step: "30_save", table: "experiments", row: 1, column: "score", before: 6, after: 9, delta: 3 },
    ]);
    expect(of("code", found)).toEqual([]);
    const { stdout } = await project.command(["diff", "last~1", "last"]);
    expect(stdout).toMatch(/k +2 +3 +20_score/);
    expect(stdout).toMatch(/score +6 +9 +\+3 +experiments/);
  });

  test("code: files, declarations and the text as it ran", async () => {
    project = sample();
    await project.run();
    project.edit("lib/score.ts", "return n * by;", "// doubled\n  return 2 * n * by;");
    await project.run();
    const [code, ...others] = of("code", await diff());
    expect(others).toEqual([]);
    expect(code).toMatchObject({
      step: "20_score",
      files: [{ name: "lib/score.ts", change: "changed" }],
      declarations: [{ name: "score", change: "changed" }],
      packages: [],
      engine: [],
    });
    expect(code!.patch).toMatch(/^-\s+return n \* by;$/m);
    expect(code!.patch).toMatch(/^\+\s+return 2 \* n \* by;$/m);
    expect(code!.patch).not.toContain("doubled");
    expect((await project.command(["diff", "last~1", "last"])).stdout).toMatch(/^\+\s+return 2 \* n \* by;$/m);
  });

  test("what was read, and the columns and rows of a table", async () => {
    project = sample();
    await project.run();
    project.write("data/words.csv", "id,word,length\n1,one,3\n");
    await project.run([], { env: { SAMPLE_MODE: "secret" } });
    const found = await diff();
    expect(of("read", found)).toContainEqual(expect.objectContaining({ kind: "file", name: "data/words.csv", step: "10_words" }));
    expect(of("read", found)).toContainEqual(expect.objectContaining({ kind: "env", name: "SAMPLE_MODE", before: null }));
    const [table] = of("data", found);
    expect(table).toMatchObject({
      step: "10_words",
      export: "words",
      before: { rows: 3 },
      after: { rows: 1 },
      columns: [{ name: "length", before: null, after: expect.stringMatching(/INT/) }],
    });
    const { stdout } = await project.command(["diff", "last~1", "last"]);
    expect(stdout).toMatch(/10_words\.words +3 → 1 .*\+ length /);
    expect(stdout).toMatch(/SAMPLE_MODE +env +not set +set/);
    expect(stdout).not.toContain("secret");
  });

  test("the same twice: no difference", async () => {
    project = sample();
    await project.run();
    await project.run();
    expect((await diff()).every(({ type }) => type === "step")).toBe(true);
    const same = (await project.command(["diff", "last", "last"])).stdout;
    expect(same).toContain("no difference in code, params, data or metrics");
    // Of one run: with the last. Of none: the last two.
    expect((await project.command(["diff", "last"])).stdout).toBe(same);
    expect((await project.command(["diff"])).stdout).toBe((await project.command(["diff", "last~1", "last"])).stdout);
  });

  test("a renumbered step is the same step", async () => {
    project = sample();
    await project.run();
    project.write("steps/25_score.ts", project.read("steps/20_score.ts"));
    project.remove("steps/20_score.ts");
    project.edit("steps/30_save.ts", "20_score", "25_score");
    await project.run();
    const score = of("step", await diff()).filter(({ step }) => step.endsWith("_score"));
    expect(score).toMatchObject([{ step: "25_score", before: { status: "ran" }, after: { status: "cached" } }]);
  });
});

test("declarations are taken apart, the head of a for is not", () => {
  expect(oneByOne("const a=1,b=f(2,3);for(let i=0,j=1;;){var x=[1,2],y}")).toBe(
    "const a=1;const b=f(2,3);for(let i=0,j=1;;){var x=[1,2];var y}",
  );
});
