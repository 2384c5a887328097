import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../rig/build.ts";
import { TestProject } from "../rig/project.ts";
import { lines, sample } from "./sample.ts";

let project: TestProject;
const ids: string[] = [];

beforeAll(async () => {
  project = sample();
  for (const words of [[], ["-p", "k=3"]]) {
    const result = await project.run(words);
    expect(result.code, result.stderr + result.stdout).toBe(0);
    ids.unshift((result.events.find((event) => event.type === "run.started") as { run: string }).run);
  }
});
afterAll(() => project.dispose());

async function json(...words: string[]) {
  const { code, stdout, stderr } = await project.command([...words, "--json"]);
  expect(code, stderr).toBe(0);
  return lines(stdout);
}

async function text(...words: string[]) {
  const { code, stdout, stderr } = await project.command(words);
  expect(code, stderr).toBe(0);
  return stdout;
}

describe("runs", () => {
  test("newest first, with what became of the steps", async () => {
    const [newest, first, ...others] = await json("runs");
    expect(others).toEqual([]);
    expect(newest).toMatchObject({ run: ids[0], status: "succeeded", trigger: "manual", params: { k: "3" }, steps: { cached: 2, ran: 2 } });
    expect(first).toMatchObject({ run: ids[1], params: {}, steps: { ran: 4 } });
    expect(new Date(newest!["startedAt"] as string).toISOString()).toBe(newest!["startedAt"]);
    expect(await json("runs", "-n", "1")).toHaveLength(1);
    expect(await text("runs")).toContain("2 cached, 2 ran");
  });

  test("a limit that is not a number is wrong usage", async () => {
    const { code, stderr } = await project.command(["runs", "-n", "few"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--limit few is not a whole number");
  });

  test("where the project is may be said after the command, too", async () => {
    const elsewhere = new TestProject();
    try {
      const [before, after] = [
        await elsewhere.command(["--project", project.folder, "runs", "--json"]),
        await elsewhere.command(["runs", "--json", "--project", project.folder]),
      ];
      expect(after).toEqual(before);
      expect(lines(after.stdout)).toHaveLength(2);
      expect((await elsewhere.command(["models", "alias", "words@candidate", "v1", "--project", project.folder])).stdout).toBe(
        "words@candidate: none → v1\n",
      );
      expect((await project.command(["models", "alias", "words@candidate", "--remove", "--project", "."])).code).toBe(0);
      expect((await elsewhere.command(["runs", "--help"])).stdout).toContain("--project <folder>");
    } finally {
      elsewhere.dispose();
    }
  });
});

describe("show", () => {
  test("a run by its name, its place and its beginning", async () => {
    for (const words of ["last", ids[0]!, ids[0]!.slice(0, 18)])
      expect((await json("show", words))[0]).toMatchObject({ run: ids[0], params: { k: "3" } });
    const [first] = await json("show", "last~1");
    expect(first).toMatchObject({ run: ids[1], status: "succeeded" });
    const steps = first!["steps"] as { step: string; status: string }[];
    expect(steps.map(({ step, status }) => `${step} ${status}`)).toEqual(["10_words ran", "20_score ran", "30_save ran", "40_alone ran"]);
    expect(await text("show", "last")).toMatch(/params k=3[\s\S]*20_score {2}ran .*param k: 2 → 3/);
  });

  test("a step: settings, params, exports, reads", async () => {
    const [step] = await json("show", "20_score");
    expect(step).toMatchObject({
      step: "20_score",
      number: 20,
      file: "steps/20_score.ts",
      unwired: false,
      params: [{ name: "k", default: 2, doc: "the factor" }],
    });
    expect(step!["config"]).toMatchObject({ retries: 0, cache: null });
    const record = step!["record"] as {
      run: string;
      artifacts: Record<string, { codec: string }>;
      reads: { kind: string; name: string; shown?: string }[];
      inputs: object;
    };
    expect(record.run).toBe(ids[0]);
    expect(record.artifacts).toMatchObject({ total: { codec: "value" } });
    expect(record.reads).toContainEqual(expect.objectContaining({ kind: "param", name: "k", shown: "3" }));
    expect(Object.keys(record.inputs)).toEqual(["words.words"]);
    const shown = await text("show", "score");
    expect(shown).toMatch(/k +2 +3 +the factor/);
    expect(shown).toMatch(/SAMPLE_MODE +env +not set/);
    expect(await text("show", "10")).toMatch(/words +table +3 +/);
    expect(await text("show", "40_alone")).toContain("unwired");
  });

  test("a table: its schema and its rows, whole unless a limit is given", async () => {
    const [value] = await json("show", "10_words.words");
    expect(value).toEqual({
      schema: [
        { name: "id", type: expect.stringMatching(/INT/) },
        { name: "word", type: "VARCHAR" },
      ],
      rows: [
        { id: 1, word: "one" },
        { id: 2, word: "two" },
        { id: 3, word: "three" },
      ],
    });
    expect((await json("show", "10_words.words", "-n", "1"))[0]!["rows"]).toEqual([{ id: 1, word: "one" }]);
    const shown = await text("show", "words.words", "-n", "2");
    expect(shown).toContain("table, 3 rows × 2 columns");
    expect(shown).toMatch(/VARCHAR\n.*1 +one\n.*2 +two\n… 1 more row\n$/);
  });

  test("a value: plain JSON, whatever it is made of", async () => {
    expect((await json("show", "20_score.kinds"))[0]).toEqual({
      mode: "none",
      big: String(2n ** 70n),
      when: "1970-01-01T00:00:00.000Z",
      set: [1, 2],
      map: [["a", { deep: "1" }]],
      floats: [0.5, 2],
    });
    expect(await project.value("score.total")).toBe(9);
    expect(await text("show", "20_score.kinds")).toMatch(/value, [\s\S]*Map\(1\) \{ 'a' => \{ deep: 1n \} \}/);
    expect(await project.command(["show", "score.total", "-n", "5"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--limit is for the rows of a table: score.total is a value"),
    });
  });

  test.each([
    [["show", "20_scores"], 'there is no step or run "20_scores"', 'did you mean "20_score"?'],
    [["show", "20_score.totl"], '20_score has no export "totl"', 'did you mean "total"?'],
    [["show", "last~9"], 'there is no run "last~9"', "`runs` lists them"],
    [["show", "99999999-000000"], "there is no run", "`runs` lists them"],
    [["logs", "last", "20_scor_"], 'has no step "20_scor_"', 'did you mean "20_score"?'],
    [["experiments", "--table", "experimets"], 'there is no results table "experimets"', 'did you mean "experiments"?'],
    [["diff", "last", "nope"], 'there is no run "nope"', "`runs` lists them"],
  ])("%j names nothing: it says what comes nearest", async (words, message, remedy) => {
    const { code, stdout, stderr } = await project.command(words);
    expect(code).toBe(2);
    expect(stderr).toContain("E_NOT_FOUND");
    expect(stderr).toContain(message);
    expect(stderr).toContain(remedy);
    expect(stdout).toBe("");
  });
});

describe("logs", () => {
  test("what a step printed, as it is and as JSON", async () => {
    expect(await text("logs", "last", "20_score")).toBe("scoring with 3\n");
    expect(await json("logs", "last~1", "score")).toEqual([{ line: "scoring with 2" }]);
    expect(await text("logs", "last", "2")).toBe("scoring with 3\n");
  });

  test("of a reused step what it printed when it ran", async () => {
    const { code, stdout, stderr } = await project.command(["logs", "last", "40_alone"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "alone\n" });
    expect(stderr).toContain(`40_alone was reused: this is what it printed in run ${ids[1]}`);
  });
});

describe("experiments and models", () => {
  test("results, newest first; empty columns are left out for the eye only", async () => {
    expect(await json("experiments")).toEqual([
      { experiment_id: ids[0], experiment_datetime: expect.any(String), k: 3, score: 9, good: true, note: null },
      { experiment_id: ids[1], experiment_datetime: expect.any(String), k: 2, score: 6, good: true, note: null },
    ]);
    expect(await text("experiments")).not.toContain("note");
  });

  test("models with their metrics, and whether their file is there", async () => {
    project.remove("models/words/v1.json");
    expect(await json("models")).toEqual([
      {
        name: "words",
        version: 2,
        aliases: [],
        createdAt: expect.any(String),
        step: "30_save",
        run: ids[0],
        metrics: { score: 9 },
        path: "models/words/v2.json",
        present: true,
      },
      {
        name: "words",
        version: 1,
        aliases: [],
        createdAt: expect.any(String),
        step: "30_save",
        run: ids[1],
        metrics: { score: 6 },
        path: "models/words/v1.json",
        present: false,
      },
    ]);
    expect(await text("models")).toMatch(/words +2 .*score 9[\s\S]*words +1 .*v1.json is gone/);
  });
});

test("--version tells which package it is", async () => {
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };
  for (const word of ["--version", "-V"])
    expect(await project.command([word])).toEqual({ code: 0, signal: null, stdout: `${version}\n`, stderr: "" });
});

test("a folder that is not a project is not made one", async () => {
  const empty = new TestProject();
  try {
    for (const words of [["runs"], ["show", "last"], ["models"], ["gc"], ["ui", "--port", "0"]]) {
      const { code, stderr } = await empty.command(words);
      expect(code).toBe(3);
      expect(stderr).toContain("E_NO_STEPS");
    }
    expect(empty.has(".stepbook")).toBe(false);
  } finally {
    empty.dispose();
  }
});

test("a reader that goes away is not a failure", async () => {
  const child = project.start(["show", "20_score.kinds", "--json"]);
  child.stdout!.destroy();
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(0);
});
