import { afterEach, describe, expect, test } from "vitest";
import { firstDifference } from "../../src/command/first-difference.ts";
import { TestProject } from "../rig/project.ts";
import { lines, sample } from "./sample.ts";

let project: TestProject;
afterEach(() => project?.dispose());

async function verify(step: string, ...words: string[]) {
  const { code, stdout, stderr } = await project.command(["verify", step, "--json", ...words]);
  const told = lines(stdout);
  const outputs = Object.fromEntries(told.filter(({ type }) => type === "output").map((each) => [each["name"], each]));
  return { code, stderr, last: told.at(-1), outputs: outputs as Record<string, { status: string; hint: string | null }> };
}

describe("verify", () => {
  test("a step that gives the same bytes is reproducible, and nothing of it is kept", async () => {
    project = sample();
    await project.run();
    const before = [
      await project.command(["runs", "--json"]),
      await project.command(["experiments", "--json"]),
      await project.command(["models", "--json"]),
    ];
    for (const step of ["10_words", "20_score"]) {
      const { code, stderr, last, outputs } = await verify(step);
      expect(code, stderr).toBe(0);
      expect(last).toMatchObject({ type: "verified", step, reproducible: true, doubt: null });
      expect(Object.values(outputs).every(({ status }) => status === "same")).toBe(true);
    }
    const saved = await verify("30_save");
    expect(saved.code).toBe(0);
    expect(Object.keys(saved.outputs)).toEqual(["model words", "card of words", "row 1 of experiments"]);
    const after = [
      await project.command(["runs", "--json"]),
      await project.command(["experiments", "--json"]),
      await project.command(["models", "--json"]),
    ];
    expect(after.map(({ stdout }) => stdout)).toEqual(before.map(({ stdout }) => stdout));
    expect(project.has(".stepbook/staging/verify-1")).toBe(false);
    expect((await project.run()).steps["20_score"]).toMatchObject({ status: "cached" });
  });

  test("one that does not is told with the place: a value, a row, a column", async () => {
    project = new TestProject({
      "steps/10_chance.ts": `import { table } from "stepbook";
export const same = [1, 2];
export const value = { list: [1, { x: Math.random() }] };
export const pairs = await table([{ a: 1, b: 2 }, { a: 3, b: Math.random() }]);
export const text = "é";
`,
    });
    await project.run();
    const { code, last, outputs } = await verify("10_chance");
    expect(code).toBe(1);
    expect(last).toMatchObject({ reproducible: false, notReproducible: expect.stringContaining("Math.random") });
    expect(outputs).toMatchObject({
      same: { status: "same" },
      text: { status: "same" },
      value: { status: "differs" },
      pairs: { status: "differs" },
    });
    expect(outputs["value"]!.hint).toMatch(/^value\.list\[1\]\.x: 0\.\d+ → 0\.\d+$/);
    expect(outputs["pairs"]!.hint).toMatch(/^row 2, b: 0\.\d+ → 0\.\d+$/);
    const { stdout } = await project.command(["verify", "10_chance"]);
    expect(stdout).toMatch(/value +differs +value\.list\[1\]\.x: /);
    expect(stdout).toContain("10_chance is not reproducible");
    expect(stdout).toContain("Math.random");
  });

  test("it runs in the run of the record: what depends on that is not a chance", async () => {
    project = new TestProject({
      "steps/10_run.ts": 'import { run } from "stepbook";\nexport const id = run.id;\nexport const date = run.logicalDate;\n',
    });
    await project.run();
    expect((await verify("10_run")).code).toBe(0);
    expect((await verify("10_run", "--logical-date", "2020-01-01")).outputs).toMatchObject({
      id: { status: "same" },
      date: { status: "differs" },
    });
  });

  test("it takes the params, the files and the code of now, and says so", async () => {
    project = sample();
    await project.run();
    const { code, last, outputs } = await verify("20_score", "-p", "k=5");
    expect(code).toBe(1);
    expect(last).toMatchObject({ reproducible: false, doubt: { code: "param-changed", text: "param k: 2 → 5" } });
    expect(outputs["total"]).toMatchObject({ status: "differs", hint: "total: 6 → 15" });
  });

  test("a step with nothing to compare with, and one that fails", async () => {
    project = sample();
    const first = await project.command(["verify", "20_score"]);
    expect(first.code).toBe(2);
    expect(first.stderr).toContain("which has not run yet");
    await project.run();
    project.edit("steps/20_score.ts", "export const total", 'if (k > 1) throw new Error("now it fails");\nexport const total');
    const { code, stderr } = await project.command(["verify", "20_score"]);
    expect(code).toBe(1);
    expect(stderr).toContain("now it fails");
    expect(stderr).toContain("steps/20_score.ts:6");
  });
});

describe("where two values differ first", () => {
  test.each([
    [{ a: [1, 2] }, { a: [1, 3] }, "v.a[1]"],
    [[1], [1, 2], "v.length"],
    [new Map([["k", 1]]), new Map([["k", 2]]), "v.get(k)"],
    [new Set([1]), new Set([2]), "v[0]"],
    [new Float64Array([1]), new Float32Array([1]), "v"],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, "v: key 1"],
    [new Date(0), new Date(1), "v"],
    [{ "odd key": 0 }, { "odd key": -0 }, 'v["odd key"]'],
    [null, undefined, "v"],
  ])("%j and %j", (then, now, path) => {
    expect(firstDifference(then, now, "v")?.path).toBe(path);
    expect(firstDifference(then, structuredClone(then), "v")).toBeUndefined();
  });
});
