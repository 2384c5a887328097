import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StepbookError } from "../../src/errors.ts";
import { findProject, parseArguments } from "../../src/step/standalone.ts";

const root = path.resolve(import.meta.dirname, "../..");
const api = JSON.stringify(pathToFileURL(path.join(root, "src/step/api.ts")).href);
let project: string;

beforeAll(() => {
  project = mkdtempSync(path.join(tmpdir(), "stepbook-alone-"));
  mkdirSync(path.join(project, "steps"));
  mkdirSync(path.join(project, "data"));
  mkdirSync(path.join(project, "temp"));
  writeFileSync(path.join(project, "package.json"), '{"type":"module"}');
  writeFileSync(path.join(project, "data/t.csv"), "id,x\n1,2\n2,3\n");
  writeFileSync(
    path.join(project, "steps/10_a.ts"),
    `import { csv, param } from ${api};\nexport const k: number = param("k", 5);\nexport const rows = await csv<{ id: number; x: number }>("data/t.csv");\n`,
  );
  writeFileSync(
    path.join(project, "steps/20_b.ts"),
    `import { display, record, run, saveModel, sql, track } from ${api};
import { k, rows } from "./10_a.ts";
const [{ s }] = await sql<{ s: number }>\`SELECT sum(t.x) * \${k} AS s FROM \${rows} JOIN 'data/t.csv' USING (id)\`.rows() as [{ s: number }];
console.log(JSON.stringify({ s, run: run.id, seed: run.seed }));
for (const _ of track([1, 2], "bar")) void _;
display(rows);
record("experiments", { k, s });
saveModel("m", { s }, { k });
`,
  );
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(words: readonly string[], cwd = project): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ["--import", pathToFileURL(path.join(root, "node_modules/tsx/dist/loader.mjs")).href, ...words], {
    cwd,
    env: { ...process.env, TMPDIR: path.join(project, "temp"), NO_COLOR: "1" },
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on("data", (chunk) => out.push(String(chunk)));
  child.stderr.on("data", (chunk) => err.push(String(chunk)));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out: out.join(""), err: err.join("") })));
}

describe("npx tsx steps/20_b.ts", () => {
  test("runs the step and what it imports in one process; effects are shown and not done", { timeout: 60_000 }, async () => {
    const { code, out, err } = await run(["steps/20_b.ts", "-p", "k=10"]);
    expect(err).toBe(
      [
        "would record into experiments: { k: 10, s: 50 } (standalone: shown, not done; the runner does it)",
        "would save model m: { k: 10 } (standalone: shown, not done; the runner does it)",
        "id      x",
        "BIGINT  BIGINT",
        "1       2",
        "2       3",
        "2 rows × 2 columns",
        "",
      ].join("\n"),
    );
    expect(JSON.parse(out)).toEqual({ s: 50, run: "standalone", seed: 42 });
    expect(code).toBe(0);
    expect(readdirSync(path.join(project, "temp")).filter((name) => !name.startsWith("tsx-"))).toEqual([]);
    expect(readdirSync(project).sort()).toEqual(["data", "package.json", "steps", "temp"]);
  });

  test("from another folder gives the same", { timeout: 60_000 }, async () => {
    const { code, out } = await run([path.join(project, "steps/20_b.ts")], tmpdir());
    expect([code, JSON.parse(out)]).toEqual([0, { s: 25, run: "standalone", seed: 42 }]);
  });

  test("a wrong value, and a name that nothing reads", { timeout: 60_000 }, async () => {
    const wrong = await run(["steps/10_a.ts", "-p", "k=x"]);
    expect([wrong.code, wrong.err]).toEqual([
      2,
      `E_PARAM_VALUE: param k is "x", and must be a number, such as 0.3\n  at ${project}/steps/10_a.ts:2:26\n  → give it as -p k=…\n`,
    ]);
    const unused = await run(["steps/10_a.ts", "-p", "kk=1"]);
    expect([unused.code, unused.err]).toEqual([0, '-p kk=…: no step that ran has such a param; did you mean "k"?\n']);
  });
});

test("errors and skips end it plainly; the step's own errors are Node's", { timeout: 60_000 }, async () => {
  const script = (name: string, text: string) =>
    writeFileSync(path.join(project, "steps", name), `import { csv, skip, sql } from ${api};\n${text}\n`);
  script("30_csv.ts", 'await csv("data/nope.csv");');
  script("31_skip.ts", 'await sql`SELECT 1`; skip("nothing new");');
  script("32_own.ts", 'await sql`SELECT 1`; throw new TypeError("mine");');
  script("33_sql.ts", "export const t = await sql`SELECT\n  nope`;");
  const [missing, skipped, own, wrong] = [
    await run(["steps/30_csv.ts"]),
    await run(["steps/31_skip.ts"]),
    await run(["steps/32_own.ts"]),
    await run(["steps/33_sql.ts"]),
  ];
  expect([missing.code, missing.err]).toEqual([
    1,
    `E_FILE: csv: data/nope.csv is not there\n  at ${project}/steps/30_csv.ts:2:7\n  → in data: known: t.csv\n`,
  ]);
  expect([skipped.code, skipped.err]).toEqual([0, "skipped: nothing new\n"]);
  expect(own.code).toBe(1);
  expect(own.err).toContain("TypeError: mine");
  expect(wrong.err).toMatch(/^E_SQL: SQL: .*\(line 2, column 3 of the SQL\)\n {2}2 \| {3}nope\n.*\n {2}at .*33_sql\.ts:2:24\n$/s);
  expect(readdirSync(path.join(project, "temp")).filter((name) => !name.startsWith("tsx-"))).toEqual([]);
});

test("-p in its forms", () => {
  expect({ ...parseArguments(["-p", "a=1", "x", "-pb=2=3", "--param", "c=", "--param=d= ", "--", "-p", "e=5"]).params }).toEqual({
    a: "1",
    b: "2=3",
    c: "",
    d: " ",
  });
  expect(() => parseArguments(["-p", "a"])).toThrow(StepbookError);
  expect(() => parseArguments(["-p"])).toThrow('-p takes name=value, not ""');
  expect(({} as { polluted?: string }).polluted).toBeUndefined();
  expect(Object.getPrototypeOf(parseArguments(["-p", "__proto__=x"]).params)).toBeNull();
});

test("the project is the nearest folder above that has steps/", () => {
  expect(findProject(path.join(project, "steps/deep/x.ts"))).toBe(project);
  expect(findProject("/nowhere/x.ts")).toBe(process.cwd());
});
