import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;

beforeAll(async () => {
  project = new TestProject({
    "lib/line.ts": `import { random } from "stepbook";
export function predict(parts: { slope: number }, row: { x: number; kind: string; twice: boolean }) {
  if (row.kind === "hang") for (;;);
  if (row.kind === "throw") throw new RangeError("no such kind");
  if (row.kind === "where") return import.meta.filename;
  return { y: parts.slope * row.x * (row.twice ? 2 : 1), kind: row.kind, seeded: typeof random(1).next === "function" };
}
`,
    "steps/10_train.ts": `import { param, saveModel } from "stepbook";
saveModel("line", { slope: param("slope", 2) }, { metrics: { error: 0.5 }, predict: "lib/line.ts", inputs: { x: { example: 1, min: 0, max: 100 }, kind: "plain", twice: false } });
`,
    "steps/20_use.ts":
      'import { loadModel } from "stepbook";\nconst model = await loadModel<{ slope: number }>("line@production");\nexport const slope = model.parts.slope;\nexport const version = model.version;\n',
  });
  for (const slope of ["2", "3"]) expect((await project.run(["10_train", "-p", `slope=${slope}`])).code).toBe(0);
});
afterAll(() => project.dispose());

const alias = (...words: string[]) => project.command(["models", "alias", ...words]);
const told = async (...words: string[]) => JSON.parse((await project.command([...words, "--json"])).stdout) as unknown;

test("a step that loads by an alias fails before there is one, runs with it, and again when it is moved", async () => {
  const before = await project.run(["20_use"]);
  expect(before.events.find(({ type }) => type === "step.failed")).toMatchObject({
    failure: {
      code: "E_FILE",
      message: "model line has no alias production",
      remedy: expect.stringContaining("models alias line@production"),
    },
  });
  expect((await alias("line@production", "v1")).stdout).toBe("line@production: none → v1\n");
  expect((await project.run(["20_use"])).ran).toEqual(["20_use"]);
  expect(await project.value("20_use.slope")).toBe(2);
  expect((await project.run(["20_use"])).ran).toEqual([]);
  // Another alias is none of its business, nor is a new version.
  expect((await alias("line@candidate", "2")).code).toBe(0);
  expect((await project.run(["10_train", "-p", "slope=4"])).code).toBe(0);
  expect((await project.run(["20_use"])).ran).toEqual([]);
  expect(await told("models", "alias", "line@production", "v3")).toEqual({
    type: "alias",
    model: "line",
    alias: "production",
    before: 1,
    version: 3,
  });
  const moved = await project.run(["20_use"]);
  expect(moved.steps["20_use"]?.reason).toContain("models/line@production.json");
  expect(await project.value("20_use.version")).toBe(3);
});

test("aliases are listed with the versions, outlive the state, and can be taken away", async () => {
  const listed = async () =>
    (await project.command(["models", "--json"])).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { version: number; aliases: string[] })
      .map(({ version, aliases }) => [version, ...aliases].join(" "));
  expect(await listed()).toEqual(["3 production", "2 candidate", "1"]);
  expect((await alias("line@candidate", "--remove")).stdout).toBe("line@candidate: v2 → none\n");
  expect(await listed()).toEqual(["3 production", "2", "1"]);
  project.remove(".stepbook");
  expect((await project.run(["20_use"])).ran).toEqual(["20_use"]);
  expect(await project.value("20_use.version")).toBe(3);
});

test.each([
  [["line@production", "v9"], "model line has no version 9"],
  [["lime@production", "v1"], 'did you mean "line"'],
  [["line@production", "newest"], '"newest" is not a version'],
  [["line@production"], "write it after the alias, there is v1, v2"],
  [["lime@production"], 'did you mean "line"'],
  [["lime@production", "--remove"], 'there is no model "lime"'],
  [["line", "v1"], "names no alias"],
  [["line@v2", "v1"], '"v2" is not an alias'],
  [["../line@production", "v1"], "names no alias"],
  [["line@nothing", "--remove"], "has no alias nothing"],
])("models alias %j is refused", async (words, message) => {
  const { code, stderr } = await alias(...words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test("a model is asked in a process of its own: examples where nothing is given, values as what they are", async () => {
  expect((await project.run(["10_train"])).code).toBe(0);
  expect(await told("predict", "line", "x=5")).toEqual({
    y: 10,
    kind: "plain",
    seeded: true,
    inputs: { x: 5 },
    examples: { kind: "plain", twice: false },
  });
  expect(await told("predict", "line@production", "x=5", "kind=a=b", "twice=true")).toEqual({
    y: 40,
    kind: "a=b",
    seeded: true,
    inputs: { x: 5, kind: "a=b", twice: true },
    examples: {},
  });
  expect(await told("predict", "line", "kind=where")).toBe(project.path("lib/line.ts"));
  const wrong = async (...words: string[]) => (await project.command(["predict", ...words])).stderr;
  expect(await wrong("line", "x=5")).toBe("2 inputs are the model's examples: kind = plain, twice = false\n");
  expect(await wrong("line", "x=5", "twice=true")).toBe("1 input is the model's example: kind = plain\n");
  expect(await wrong("line", "x=5", "kind=plain", "twice=false")).toBe("");
  project.write("models/line@lost.json", '{"format":"stepbook-alias/1","model":"line","alias":"lost","version":9}\n');
  expect(await wrong("line@lost")).toMatch(/model line has no version 9[\s\S]*there is v1, v2/);
  project.remove("models/line@lost.json");
  expect(await wrong("lime@production")).toMatch(/there is no model "lime"[\s\S]*did you mean "line"/);
  expect(await wrong("line@nothing")).toMatch(/has no alias nothing[\s\S]*models alias line@nothing v\d\n/);
  expect(await wrong("line", "x", "20")).toMatch(/"x" gives no input a value[\s\S]*write it as x=20/);
  expect(await wrong("line", "x=1", "x=2")).toContain("x is given twice: 1 and 2");
  expect(await wrong("line", "z=1")).toContain("the model takes no");
  expect(await wrong("line", "x=far")).toContain("not a number");
  expect(await wrong("line", "x=-1")).toContain("not from 0 to 100");
  expect(await wrong("line", "kind=throw")).toMatch(/RangeError: no such kind\n\s+╭ lib\/line\.ts:4:35\n/);
  expect(await wrong("line@nothing")).toContain("no alias nothing");
  project.edit("lib/line.ts", "export function predict", "export function guess");
  expect(await wrong("line")).toContain('lib/line.ts has no export "predict"');
  expect(readdirSync(project.path(".stepbook/bundles")).filter((file) => file.startsWith("predict"))).toEqual([]);
});

test("a card may name no module outside the project", async () => {
  project.write(
    "steps/30_other.ts",
    'import { saveModel } from "stepbook";\nsaveModel("other", { a: 1 }, { predict: "../../etc/passwd", inputs: { x: 1 } });\n',
  );
  expect((await project.run(["30_other"])).code).toBe(0);
  expect((await project.command(["predict", "other"])).stderr).toContain("is not in the project");
});
