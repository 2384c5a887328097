import { afterEach, describe, expect, test } from "vitest";
import type { Compared, Ingredients } from "../../src/command/ingredients.ts";
import { mermaid } from "../../src/command/mermaid.ts";
import type { Step } from "../../src/model.ts";
import { TestProject } from "../rig/project.ts";
import { lines, sample } from "./sample.ts";

let project: TestProject;
afterEach(() => project.dispose());

type Why = Ingredients & { verdict: string; reason: { code: string; text: string }; comparedWith: { run: string } | null };

async function why(step: string, ...words: string[]): Promise<Why> {
  const { code, stdout, stderr } = await project.command(["why", step, "--json", ...words]);
  expect(code, stderr).toBe(0);
  return lines(stdout)[0] as unknown as Why;
}

const changed = (all: readonly Compared[]) => all.filter((each) => each.changed).map(({ name }) => name);

describe("why", () => {
  test("a step that has not run: what it is made of, nothing to compare with", async () => {
    project = sample();
    expect(await why("10_words")).toMatchObject({ verdict: "run", reason: { code: "first-run" }, comparedWith: null, artifacts: [] });
    const score = await why("20_score");
    expect(score).toMatchObject({ verdict: "run", inputs: [{ name: "words.words", then: null, now: null, changed: null }] });
    expect(score.files.map(({ name }) => name)).toEqual(["lib/score.ts", "steps/20_score.ts"]);
  });

  test("every difference, not only the first", async () => {
    project = sample();
    await project.run();
    expect(await why("20_score")).toMatchObject({ verdict: "reuse", reason: { code: "unchanged" } });
    project.edit("lib/score.ts", "n * by", "n * by + 1");
    project.edit("steps/20_score.ts", "scoring with", "scoring, k is");
    const score = await why("20_score", "-p", "k=7");
    expect(score).toMatchObject({ verdict: "run", reason: { code: "code-changed" }, code: { changed: true } });
    expect(changed(score.files)).toEqual(["lib/score.ts", "steps/20_score.ts"]);
    expect(changed(score.declarations)).toContain("score");
    expect(score.reads).toContainEqual({ kind: "param", name: "k", then: "2", now: "7", changed: true });
    expect(score.artifacts).toContainEqual(expect.objectContaining({ name: "total", health: "intact" }));

    const { stdout } = await project.command(["why", "20_score", "-p", "k=7"]);
    expect(stdout).toMatch(/20_score runs: .*changed/);
    expect(stdout).toMatch(/lib\/score\.ts +changed/);
    expect(stdout).toMatch(/k +param +2 +7 +changed/);
  });

  test("a comment changes a file and not the code", async () => {
    project = sample();
    await project.run();
    project.edit("lib/score.ts", "return n * by", "// the score\n  return n * by");
    expect(await why("20_score")).toMatchObject({ verdict: "reuse", code: { changed: false } });
    expect((await project.command(["why", "20_score"])).stdout).toMatch(/lib\/score\.ts +changed, not the code/);
  });

  test("files, environment, missing exports", async () => {
    project = sample();
    await project.run([], { env: { SAMPLE_MODE: "secret" } });
    project.write("data/words.csv", "id,word\n1,eins\n");
    expect(await why("10_words")).toMatchObject({ verdict: "run", reason: { code: "file-changed", text: "file data/words.csv changed" } });
    const { stdout } = await project.command(["why", "20_score"]);
    expect(stdout).toMatch(/SAMPLE_MODE +env +set +not set +gone/);
    expect(stdout).not.toContain("secret");
  });

  test("an unknown step", async () => {
    project = sample();
    const { code, stderr } = await project.command(["why", "20_scor_"]);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "20_score"?');
  });
});

describe("graph", () => {
  test("the steps in order, with the exports on their edges", async () => {
    project = sample();
    project.write("steps/35_after.ts", 'import "./30_save.ts";\n');
    const { code, stdout } = await project.command(["graph"]);
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.replace(/ +/g, " "))).toEqual([
      "10_words",
      "20_score ← 10_words (words)",
      "30_save ← 20_score (k, total)",
      "35_after ← 30_save (order only)",
      "40_alone unwired: after all lower steps",
      "",
    ]);
    expect(project.has(".stepbook/state.db")).toBe(false);
  });

  test("as JSON", async () => {
    project = sample();
    const { stdout } = await project.command(["graph", "--json"]);
    const [{ steps } = { steps: [] }] = lines(stdout) as unknown as { steps: Record<string, unknown>[] }[];
    expect(steps.map((step) => Object.keys(step))).toEqual(
      steps.map(() => ["id", "number", "file", "edges", "exports", "params", "config", "packages", "unwired"]),
    );
    expect(steps[1]).toMatchObject({
      id: "20_score",
      number: 20,
      file: "steps/20_score.ts",
      edges: [{ from: "10_words", exports: ["words"] }],
      params: [{ name: "k" }],
      unwired: false,
    });
    expect(steps[3]).toMatchObject({ id: "40_alone", unwired: true });
  });

  test("as Mermaid, in which names are not obeyed", async () => {
    project = new TestProject({
      "steps/10_end.ts": "export const $a = 1;\n",
      "steps/20_a-b.c.ts": 'import { $a } from "./10_end.ts";\nexport const x = $a;\n',
      "steps/30_alone.ts": "console.log(1);\n",
    });
    const { code, stdout, stderr } = await project.command(["graph", "--mermaid"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(
      [
        "flowchart TD",
        '  s10_5f_end["10_end"]',
        '  s20_5f_a_2d_b_2e_c["20_a-b.c"]',
        '  s30_5f_alone(["30_alone"])',
        '  s10_5f_end -->|"$a"| s20_5f_a_2d_b_2e_c',
        "",
      ].join("\n"),
    );
  });

  test("Mermaid obeys no name", () => {
    project = new TestProject();
    const hostile = {
      id: '10_"]; click x',
      edges: [{ from: '10_"]; click x', exports: ['a"|b<script>'] }],
      unwired: false,
    } as unknown as Step;
    const text = mermaid({ project: "", steps: [hostile] });
    expect(text).toContain('["10_#34;]; click x"]');
    expect(text).toContain('-->|"a#34;#124;b#60;script#62;"|');
    expect(text).not.toContain("<script>");
  });

  test("one that is wrong is told with its place and exit code 3", async () => {
    project = new TestProject({
      "steps/10_a.ts": 'import { b } from "./20_b.ts";\nexport const a = b;\n',
      "steps/20_b.ts": "export const b = 1;\n",
    });
    const { code, stderr } = await project.command(["graph"]);
    expect(code).toBe(3);
    expect(stderr).toContain("E_IMPORT_ORDER");
    expect(stderr).toContain("steps/10_a.ts:1");
  });
});
