/** What steps export is guessed from their texts, and confirmed by the bundles: a wrong guess costs time and nothing else. */
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { readGraph } from "../../src/graph/graph.ts";
import { TestProject } from "../rig/project.ts";

const passes = vi.hoisted(() => ({ count: 0 }));

vi.mock("esbuild", async (original) => {
  const real = await original<typeof import("esbuild")>();
  const build: typeof real.build = (options) => (passes.count++, real.build(options));
  return { ...real, build };
});

beforeEach(() => void (passes.count = 0));

const helper = "export const left = 1;\nexport const right = 2;\nexport default 3;\n";

/** A step's text → what it exports, and in how many passes that is found out. */
const texts: readonly (readonly [text: string, exports: readonly string[], passes: number])[] = [
  ["export const a = 1;", ["a"], 1],
  ["export let a = 1;\nexport var b = 2;", ["a", "b"], 1],
  ["export function a() {}\nexport async function b() {}\nexport function* c() {}\nexport async function *d() {}", ["a", "b", "c", "d"], 1],
  ["export class A {}\nexport abstract class B {}\nexport enum C { x }", ["A", "B", "C"], 1],
  ["export default 1;\nexport const config = { retries: 1 };", ["default"], 1],
  ["export type T = number;\nexport interface I { t: T }\nexport const $a_1 = 1;", ["$a_1"], 1],
  ["const a = 1, b = 2;\ntype T = 1;\nexport {\n  a,\n  b as c,\n  type T,\n};\nexport type { T as U };", ["a", "c"], 1],
  ['export { left as a } from "../lib/sides.ts";', ["a"], 1],
  ["console.log(1);", [], 1],
  // Wrong, and known to be: what no bundle confirms is asked for.
  ["export const a = 1, b = 2;", ["a", "b"], 3],
  ["/*\nexport const ghost = 1;\n*/\nexport const a = 1;", ["a"], 3],
  ["export const a = `\nexport const ghost = 1;\n`;", ["a"], 3],
  ["  export const a = 1;", ["a"], 3],
  ["export const enum E { x = 1 }\nexport const a = 1;", ["E", "a"], 3],
  ['const a = 1;\nexport { a as "a-b" };', ["a-b"], 3],
  // No guess at all.
  ["export const { a, b } = { a: 1, b: 2 };", ["a", "b"], 2],
  ["export const [a] = [1];", ["a"], 2],
];

test.each(texts)("%j", async (text, exports, count) => {
  const project = new TestProject({ "lib/sides.ts": helper, "steps/10_a.ts": `${text}\n` });
  onTestFinished(() => project.dispose());
  const { steps } = await readGraph(project.folder, []);
  expect(steps[0]!.exports).toEqual(exports);
  expect(passes.count).toBe(count);
});

test("all that a helper and another step export", async () => {
  const project = new TestProject({
    "lib/sides.ts": helper,
    "steps/10_a.ts": "export const a = 1, b = 2;\n",
    "steps/20_b.ts": 'export * from "../lib/sides.ts";\nexport * from "./10_a.ts";\nexport const c = 3;\n',
    "steps/30_c.ts": 'import { b, left } from "./20_b.ts";\nexport const d = b + left;\n',
  });
  onTestFinished(() => project.dispose());
  const { steps } = await readGraph(project.folder, []);
  expect(steps.map((step) => step.exports)).toEqual([["a", "b"], ["a", "b", "c", "left", "right"], ["d"]]);
});

test("all that is exported by paths without an extension and by aliases", async () => {
  const project = new TestProject({
    "package.json": '{ "type": "module", "imports": { "#lib/*": "./lib/*.ts" } }',
    "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }',
    "lib/one.ts": 'export const one = 1;\nexport * from "./two";\n',
    "lib/two/index.ts": "export const two = 2;\n",
    "lib/three.ts": "export const three = 3;\n",
    "lib/four.ts": "export const four = 4;\n",
    "steps/10_a.ts": 'export * from "../lib/one";\nexport * from "../lib/three.js";\n',
    "steps/20_b.ts": 'export * from "./10_a";\nexport * from "#lib/four";\n',
    "steps/30_c.ts":
      'export * from "@/four";\nimport { one, two, three, four } from "./20_b";\nexport const d = [one, two, three, four];\n',
  });
  onTestFinished(() => project.dispose());
  const { steps } = await readGraph(project.folder, []);
  expect(steps.map((step) => step.exports)).toEqual([
    ["one", "three", "two"],
    ["four", "one", "three", "two"],
    ["d", "four"],
  ]);
});

test("a star that leads nowhere is told with its place", async () => {
  const project = new TestProject({
    "steps/10_a.ts": "export const { x } = { x: 1 };\n",
    "steps/20_b.ts": 'import { x } from "./10_a.ts";\nexport * from "../lib/gone";\nexport const y = x;\n',
  });
  onTestFinished(() => project.dispose());
  await expect(readGraph(project.folder, [])).rejects.toMatchObject({
    failure: { code: "E_IMPORT", place: { file: "steps/20_b.ts", line: 2 } },
  });
});

test("a step that imports what the guess lacks has it", async () => {
  const project = new TestProject({
    "steps/10_a.ts": "export const a = 1, b = 2;\n",
    "steps/20_b.ts": 'import { b } from "./10_a.ts";\nexport const c = b;\n',
  });
  onTestFinished(() => project.dispose());
  const { steps } = await readGraph(project.folder, []);
  expect(steps[1]!.edges).toEqual([{ from: "10_a", exports: ["b"] }]);
});
