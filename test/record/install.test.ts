/** better-sqlite3 is compiled at install: for one Node, and not at all where scripts are not run. */
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

const mismatch = "The module 'x.node'\\nwas compiled against a different Node.js version using\\nNODE_MODULE_VERSION 127.";

test.each([
  [
    "for another Node",
    `Object.assign(new Error("${mismatch}"), { code: "ERR_DLOPEN_FAILED" })`,
    "better-sqlite3 was compiled for another version of Node",
  ],
  [
    "for another machine",
    'Object.assign(new Error("invalid ELF header"), { code: "ERR_DLOPEN_FAILED" })',
    "better-sqlite3 cannot be loaded (invalid ELF header)",
  ],
  [
    "not at all",
    'new Error("Could not locate the bindings file. Tried:\\n → build/better_sqlite3.node")',
    "better-sqlite3 was installed without its compiled part",
  ],
])("%s: it is said what to do", async (_, error, message) => {
  project = new TestProject({
    "steps/10_a.ts": "export const a = 1;\n",
    "break.cjs": `const { dlopen } = process;\nprocess.dlopen = (module, file, ...rest) => {\n  if (file.includes("better_sqlite3")) throw ${error};\n  return dlopen.call(process, module, file, ...rest);\n};\n`,
  });
  const run = await project.command(["run", "--json"], { env: { NODE_OPTIONS: `--require ${project.path("break.cjs")}` } });
  expect(run.code).toBe(3);
  expect(JSON.parse(run.stdout.trim().split("\n").at(-1)!)).toMatchObject({
    code: "E_INSTALL",
    message: `${message}; this is Node ${process.versions.node}`,
    remedy: expect.stringContaining("npm rebuild better-sqlite3"),
  });
  const { stdout } = await project.command(["doctor"], { env: { NODE_OPTIONS: `--require ${project.path("break.cjs")}` } });
  expect(stdout).toContain(`✗ better-sqlite3: ${message}; this is Node ${process.versions.node}\n  → \`npm rebuild`);
});
