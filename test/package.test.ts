/** The package as another project gets it: packed, installed from the tarball, used by its name. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./rig/build.ts";

const exec = promisify(execFile);
const folder = mkdtempSync(path.join(tmpdir(), "stepbook-package-"));
const project = path.join(folder, "project");

const files: Record<string, string> = {
  "package.json": '{ "name": "other", "private": true, "type": "module" }',
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      module: "nodenext",
      target: "es2023",
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      verbatimModuleSyntax: true,
      types: [],
    },
    include: ["steps", "runner.ts"],
  }),
  "runner.ts": 'import { main } from "stepbook/runner";\n\nawait main();\n',
  "steps/10_numbers.ts": `import { param, sql } from "stepbook";
const n = param("n", 5, { doc: "how many" });
export const numbers = await sql<{ i: number }>\`SELECT i::INTEGER AS i FROM range(\${n}) r(i)\`;
`,
  "steps/20_sum.ts": `import { numbers } from "./10_numbers.ts";
const rows: { i: number }[] = await numbers.rows();
export const sum: number = rows.reduce((total, { i }) => total + i, 0);
console.log("sum", sum);
`,
};

// Where no prebuilt binary of better-sqlite3 can be had, it is compiled here: some minutes.
beforeAll(async () => {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
    writeFileSync(path.join(project, file), text);
  }
  const { stdout } = await exec("npm", ["pack", "--json", "--pack-destination", folder], { cwd: root });
  const packed = JSON.parse(stdout.slice(stdout.indexOf("["))) as { filename: string }[];
  await exec("npm", ["install", "--prefer-offline", path.join(folder, packed[0]!.filename)], { cwd: project });
}, 15 * 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(program: string, ...words: string[]): Promise<string> {
  const { stdout } = await exec(program, words, { cwd: project });
  return stdout;
}

test("the installed command runs the project's steps, and reuses them", async () => {
  const bin = path.join(project, "node_modules", ".bin", "stepbook");
  expect(await run(bin, "run", "--json")).toContain('"status":"succeeded"');
  expect(await run(bin)).toContain("2 steps: 2 reused");
  expect(await run(bin, "show", "20_sum.sum", "--json")).toBe("10\n");
});

test("runner.ts and a step alone run by tsx, with the same value", async () => {
  const tsx = path.join(root, "node_modules", ".bin", "tsx");
  expect(await run(tsx, "runner.ts", "-p", "n=4")).toContain("2 steps: 2 ran");
  expect(await run(tsx, "steps/20_sum.ts")).toBe("sum 10\n");
});

test("the tutorial's steps hold by the tutorial's tsconfig.json", async () => {
  const tutorial = readFileSync(path.join(root, "docs/tutorial.md"), "utf8");
  const told = [...tutorial.matchAll(/```(?:ts|jsonc)\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, file, text]) => [file!, text!] as const);
  const followed = path.join(folder, "followed");
  // Plot and linkedom are installed by who follows that part.
  const installed = told.filter(([, text]) => !text.includes("linkedom"));
  for (const [file, text] of installed) {
    mkdirSync(path.dirname(path.join(followed, file)), { recursive: true });
    writeFileSync(path.join(followed, file), text);
  }
  writeFileSync(path.join(followed, "package.json"), '{ "type": "module" }');
  mkdirSync(path.join(followed, "node_modules"));
  symlinkSync(path.join(project, "node_modules/stepbook"), path.join(followed, "node_modules/stepbook"));
  symlinkSync(path.join(root, "node_modules/@types"), path.join(followed, "node_modules/@types"));
  expect(installed.map(([file]) => file)).toContain("tsconfig.json");
  const tsc = path.join(root, "node_modules", ".bin", "tsc");
  expect(await exec(tsc, ["-p", "."], { cwd: followed })).toMatchObject({ stdout: "" });
  writeFileSync(path.join(followed, "lib/maths.ts"), "export const mean: number = 'none';\n");
  await expect(exec(tsc, ["-p", "."], { cwd: followed })).rejects.toMatchObject({ stdout: expect.stringContaining("lib/maths.ts(1,14)") });
});

test("the types hold in a strict project, with nothing generated", async () => {
  const tsc = path.join(root, "node_modules", ".bin", "tsc");
  await run(tsc, "-p", ".");
  writeFileSync(path.join(project, "steps/30_wrong.ts"), 'import { sum } from "./20_sum.ts";\nexport const text: string = sum;\n');
  await expect(run(tsc, "-p", ".")).rejects.toMatchObject({
    stdout: expect.stringContaining("Type 'number' is not assignable to type 'string'"),
  });
});
