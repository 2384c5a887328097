import { afterEach, describe, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

/** Runs a broken project: it must end with 3, say what and where, and execute nothing. */
async function broken(files: Record<string, string>): Promise<string> {
  project = new TestProject(files);
  const { code, stderr, stdout } = await project.command(["run"]);
  expect(code, stdout + stderr).toBe(3);
  return stderr;
}

describe("a wrong graph is told before anything runs", () => {
  test("no steps/", async () => {
    const text = await broken({});
    expect(text).toContain("E_NO_STEPS");
    expect(text).toContain("there is no folder");
    expect(text).toContain("steps/10_hello.ts");
  });

  test("an empty steps/", async () => {
    expect(await broken({ "steps/readme.md": "" })).toContain("there is no step in");
  });

  test("two steps of one number and name", async () => {
    const text = await broken({ "steps/10_a.ts": "", "steps/010_a.ts": "" });
    expect(text).toContain("steps/010_a.ts and steps/10_a.ts have the same number and name");
  });

  test.each([
    ["10-fetch.ts", "10_fetch.ts"],
    ["10_größe.ts", "10_gro_e.ts"],
    ["10_a copy.ts", "10_a_copy.ts"],
    ["10.ts", "10_name.ts"],
  ])("a file that begins like a step: %s", async (file, better) => {
    const text = await broken({ "steps/20_b.ts": "export const b = 1;\n", [`steps/${file}`]: "export const a = 1;\n" });
    expect(text).toContain(`steps/${file} begins like a step and is none`);
    expect(text).toContain(`call it ${better}`);
  });

  test("the folder above holds steps/", async () => {
    project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n", "lib/deep/x.ts": "" });
    const { code, stderr } = await project.command(["--project", "lib/deep", "run"]);
    expect([code, stderr]).toEqual([3, expect.stringContaining(`run this in ${project.folder}, which holds steps/`)]);
  });

  test("an import of a higher number", async () => {
    const text = await broken({
      "steps/10_a.ts": '\nimport { b } from "./20_b.ts";\nexport const a = b;\n',
      "steps/20_b.ts": "export const b = 1;\n",
    });
    expect(text).toContain("10_a imports 20_b, which does not come before it");
    expect(text).toContain("steps/10_a.ts:2:");
    expect(text).toContain("a step imports lower numbers only");
  });

  test("steps that import each other, where other numbers would not help", async () => {
    const text = await broken({
      "steps/10_a.ts": 'import { c } from "./30_c.ts";\nexport const a = c;\n',
      "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a;\n',
      "steps/30_c.ts": 'import { b } from "./20_b.ts";\nexport const c = b;\n',
    });
    expect(text).toContain("steps import each other in a circle: 10_a → 30_c → 20_b → 10_a");
    expect(text).toContain("into lib/");
    expect(text).not.toContain("give 30_c a number");
  });

  test("an import of the same number, and of itself", async () => {
    expect(
      await broken({ "steps/10_a.ts": 'import { b } from "./10_b.ts";\nexport const a = b;\n', "steps/10_b.ts": "export const b = 1;\n" }),
    ).toContain("10_a imports 10_b, which does not come before it");
    project.dispose();
    expect(await broken({ "steps/10_a.ts": 'import { a as me } from "./10_a.ts";\nexport const a = () => me;\n' })).toContain(
      "10_a imports itself",
    );
  });

  test("a missing export, with the nearest name", async () => {
    const text = await broken({
      "steps/10_a.ts": "export const dataset = 1;\n",
      "steps/20_b.ts": 'import { datset } from "./10_a.ts";\nexport const b = datset;\n',
    });
    expect(text).toContain('step a has no export "datset"');
    expect(text).toContain("steps/20_b.ts:1:10");
    expect(text).toContain('did you mean "dataset"?');
  });

  test("a name that stepbook does not have", async () => {
    expect(await broken({ "steps/10_a.ts": 'import { sqll } from "stepbook";\nexport const a = sqll`SELECT 1`;\n' })).toContain(
      'stepbook has no export "sqll"',
    );
  });

  test("a computed import()", async () => {
    const text = await broken({ "steps/10_a.ts": "const name = process.argv[2]!;\nexport const a = await import(name);\n" });
    expect(text).toContain("import() of a computed path");
    expect(text).toContain("steps/10_a.ts:2:");
  });

  test("an import() of a pattern", async () => {
    const text = await broken({
      "lib/x.ts": "export const x = 1;\n",
      "steps/10_a.ts": "const name = process.argv[2]!;\nexport const a = await import(`../lib/${name}.ts`);\n",
    });
    expect(text).toContain("import() of a computed path (../lib/**/*.ts)");
    expect(text).toContain("steps/10_a.ts");
  });

  test("a syntax error", async () => {
    const text = await broken({ "steps/10_a.ts": "export const a = ;\n" });
    expect(text).toContain("E_SYNTAX");
    expect(text).toContain("steps/10_a.ts:1:18");
    expect(text).toContain("export const a = ;");
  });

  test("a file that is not there", async () => {
    const text = await broken({ "steps/10_a.ts": 'import { x } from "../lib/nope.ts";\nexport const a = x;\n' });
    expect(text).toContain('cannot find "../lib/nope.ts"');
    expect(text).toContain("steps/10_a.ts:1:");
  });

  test("a use of a constant before its line, as between modules that import each other", async () => {
    const text = await broken({
      "lib/one.ts": 'import { two } from "./two.ts";\n\nexport const one = two + 1;\n',
      "lib/two.ts": 'import { one } from "./one.ts";\nexport const late = () => one;\nexport const two = 2;\n',
      "steps/10_a.ts": 'import { late } from "../lib/two.ts";\nexport const a = late();\n',
    });
    expect(text).toContain("two is used before lib/two.ts:3 sets it");
    expect(text).toContain("lib/one.ts:3:20");
  });

  test("what is no such use", async () => {
    project = new TestProject({
      "lib/one.ts": `import { two, old, Two } from "./two.ts";
two: for (const each of [1]) continue two;
export const one = () => two + 1;
export class One { static two = 1; two = two; #two = () => two; get both() { return two; } }
export const held = { two: 1, old, f() { return new Two(); } };
enum Kind { a = 1, b = a }
export const kind = Kind.b;
`,
      "lib/two.ts":
        'import { one, held } from "./one.ts";\nexport const late = () => [one(), held.old ?? null];\nexport var old = 1;\nexport const two = 2;\nexport class Two {}\n',
      "steps/10_a.ts": 'import { late } from "../lib/two.ts";\nexport const a = late();\n',
    });
    const { code, stderr } = await project.run();
    expect(code, stderr).toBe(0);
    expect(await project.value("10_a.a")).toEqual([3, null]);
  });

  test.each([
    ["npm:lodash-es@4/add", 'npm install lodash-es@4, and import from "lodash-es/add"'],
    ["npm:@scope/pack@^1", 'npm install @scope/pack@^1, and import from "@scope/pack"'],
    ["jsr:@std/csv", 'npx jsr add @std/csv, and import from "@std/csv"'],
    ["https://esm.sh/lodash", "install it as a package"],
  ])("an import of %s, as in Deno", async (specifier, remedy) => {
    const text = await broken({
      "lib/x.ts": `import x from "${specifier}";\nexport { x };\n`,
      "steps/10_a.ts": 'import { x } from "../lib/x.ts";\nexport const a = x;\n',
    });
    expect(text).toContain(`10_a imports ${specifier}`);
    expect(text).toContain("lib/x.ts:1:16");
    expect(text).toContain(remedy);
  });

  test("an import of what is not a module", async () => {
    const text = await broken({ "lib/x.csv": "a\n", "steps/10_a.ts": 'import x from "../lib/x.csv";\nexport const a = x;\n' });
    expect(text).toContain("lib/x.csv is not a module");
    expect(text).toContain("steps/10_a.ts:1:15");
  });

  test("a package that is not installed", async () => {
    const text = await broken({ "steps/10_a.ts": 'import { x } from "no-such-package";\nexport const a = x;\n' });
    expect(text).toContain('10_a imports the package "no-such-package", which is not installed');
    expect(text).toContain("npm install no-such-package");
  });

  test.each([
    ["a computed config", "const n = process.argv.length;\nexport const config = { retries: n };", "config of 10_a is computed"],
    ["an unknown key", "export const config = { retires: 2 };", 'config of 10_a has an unknown key "retires"'],
    ["a wrong value", 'export const config = { timeout: "soon" };', 'config of 10_a: timeout is "soon"'],
    ["a wrong size", "export const config = { memory: 512 };", "config of 10_a: memory is 512"],
  ])("%s", async (_, code, message) => {
    expect(await broken({ "steps/10_a.ts": `${code}\nexport const a = 1;\n` })).toContain(message);
  });
});

describe("wrong usage ends with 2", () => {
  const files = { "steps/10_fetch.ts": 'import { param } from "stepbook";\nexport const k = param("neighbours", 5);\n' };

  test.each([
    [["run", "10_fetsh"], 'did you mean "10_fetch"?'],
    [["plna"], 'did you mean "plan"?'],
    [["reprot"], 'did you mean "report"?'],
    [["run", "-p", "neighbors=3"], 'did you mean "neighbours"?'],
    [["run", "-p", "neighbours=many"], 'param neighbours is "many", which is not a number'],
    [["run", "-p", "neighbours=0x10"], 'param neighbours is "0x10", which is not a number'],
    [["run", "-p", "neighbours"], "-p neighbours has no value"],
    [["run", "-j", "0"], "--jobs 0 is not a whole number"],
    [["run", "--logical-date", "tomorrow"], '--logical-date "tomorrow" is not a date'],
    [["run", "--logical-date", "5"], '--logical-date "5" is not a date'],
    [["run", "--logical-date", "01.02.2026"], '--logical-date "01.02.2026" is not a date'],
    [["plan", "--logical-date", "2026-02-31"], '--logical-date "2026-02-31" is not a date'],
    [["run", "--logical-date", "2026-01-31T24:00Z"], '--logical-date "2026-01-31T24:00Z" is not a date'],
    [["run", "--logical-date", "2026-01-31T06:00"], "does not say of which zone it is"],
    [["run", "--forse"], "did you mean --force?"],
    [["-p", "neighbours=3", "plan"], '"plan" is a command, not a step: it comes before its flags'],
    [["why"], "write it as stepbook why <step>"],
    [["logs", "last"], "write it as stepbook logs <run> <step>"],
    [["experiments", "trials"], "write it as stepbook experiments"],
    [["models", "alias"], "write it as stepbook models alias <model@alias> [version]"],
    [["run", "--serial", "-j", "8"], "option '--serial' cannot be used with option '-j, --jobs <n>'"],
    [["models", "alias", "knn@production", "v3", "--remove"], "--remove and v3 say two things of knn@production"],
    [["show", "10_fetch", "--limit", "5"], "--limit is for the rows of a table: 10_fetch is a step"],
    [["show", "last", "--limit", "5"], "--limit is for the rows of a table: last is a run"],
  ])("%j", async (words, message) => {
    project = new TestProject(files);
    const { code, stderr } = await project.command(words);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  test("is told as JSON where JSON is asked for", async () => {
    project = new TestProject(files);
    const { code, stdout, stderr } = await project.command(["run", "--forse", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      type: "error",
      code: "E_USAGE",
      message: "unknown option '--forse'",
      remedy: expect.stringContaining("did you mean --force?"),
    });
    expect([code, stderr]).toEqual([2, ""]);
    const twice = await project.command(["graph", "--mermaid", "--json"]);
    expect([twice.code, JSON.parse(twice.stdout)]).toEqual([
      2,
      expect.objectContaining({ message: "option '--mermaid' cannot be used with option '--json'" }),
    ]);
  });
});
