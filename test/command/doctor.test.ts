import { spawnSync } from "node:child_process";
import { readdirSync, symlinkSync, truncateSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { root } from "../rig/build.ts";
import { TestProject } from "../rig/project.ts";
import { lines, sample } from "./sample.ts";

let project: TestProject;
afterEach(() => project.dispose());

type Found = { name: string; status: string; detail: string; remedy: string | null };

async function doctor() {
  const { code, stdout, stderr } = await project.command(["doctor", "--json"]);
  const found = lines(stdout) as unknown as Found[];
  const notOk = found.filter(({ status }) => status !== "ok").map(({ name, status }) => `${name} ${status}`);
  return { code, stderr, notOk, of: (name: string) => found.filter((each) => each.name === name) };
}

describe("doctor", () => {
  test("a sound project", async () => {
    project = sample();
    await project.run();
    const { code, stderr, notOk, of } = await doctor();
    expect(code, stderr).toBe(0);
    // typescript is not installed in the sample.
    expect(notOk).toEqual(["types warning"]);
    for (const name of [
      "stepbook",
      "Node",
      "better-sqlite3",
      "DuckDB",
      "project folder",
      "free space",
      "steps",
      "params",
      "experiments.sql",
      "package.json",
      "state",
      "lock",
      "store",
    ])
      expect(of(name), name).toHaveLength(1);
    const { stdout } = await project.command(["doctor"]);
    expect(stdout).toMatch(/^✓ stepbook: \d+\.\d+\.\d+\S*\n✓ Node: \d+/);
    expect(stdout).toMatch(/^! types: not checked.*\n {2}→ npm install/m);
  });

  test("a folder with nothing in it: it is left as it was", async () => {
    project = new TestProject();
    const { code, notOk, of } = await doctor();
    expect(code).toBe(3);
    expect(notOk).toContain("steps wrong");
    expect(of("steps")[0]!.remedy).toContain("steps/");
    expect(readdirSync(project.folder)).toEqual(["package.json"]);
  });

  test("a broken graph, with the place", async () => {
    project = new TestProject({ "steps/10_a.ts": "export const a = ;\n", "package.json": "{}" });
    const { code, notOk, of } = await doctor();
    expect(code).toBe(3);
    expect(notOk).toEqual(["steps wrong", "types warning", "package.json warning"]);
    expect(of("steps")[0]!.detail).toContain("(steps/10_a.ts:1:18)");
  });

  test("type errors, by the project's own TypeScript", async () => {
    project = new TestProject({
      "steps/10_a.ts": "export const a: number = 'text';\n",
      "tsconfig.json": '{ "compilerOptions": { "strict": true, "types": [] }, "include": ["steps"] }',
    });
    symlinkSync(path.join(root, "node_modules"), project.path("node_modules"));
    const { code, of } = await doctor();
    expect(code).toBe(3);
    expect(of("types")[0]).toMatchObject({
      status: "wrong",
      detail: expect.stringMatching(/^1 type error\nsteps\/10_a\.ts:1:14 TS2322: /),
    });
    project.edit("steps/10_a.ts", "'text'", "1");
    expect((await doctor()).of("types")[0]).toMatchObject({ status: "ok" });
    project.remove("tsconfig.json");
    expect((await doctor()).of("types")[0]).toMatchObject({
      status: "warning",
      remedy: "write one: docs/tutorial.md of stepbook shows it",
    });
  });

  test("a param with two defaults, and experiments.sql that is none", async () => {
    project = new TestProject({
      "steps/10_a.ts": 'import { param, record } from "stepbook";\nexport const a = param("k", 1);\nrecord("experiments", { a });\n',
      "steps/20_b.ts": 'import { param } from "stepbook";\nexport const b = param("k", 2);\n',
      "experiments.sql": "CREATE TABEL experiments (a integer);\n",
    });
    const { code, of } = await doctor();
    expect(code).toBe(3);
    expect(of("params")[0]).toMatchObject({ status: "warning", detail: "k has different defaults: 1 in 10_a, 2 in 20_b" });
    expect(of("experiments.sql")[0]).toMatchObject({ status: "wrong", detail: expect.stringContaining("syntax error") });
  });

  test("stored files that were altered or removed", async () => {
    project = sample();
    await project.run();
    const files = readdirSync(project.path(".stepbook/store"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    truncateSync(files[0]!, 3);
    project.remove(path.relative(project.folder, files[1]!));
    const { code, of } = await doctor();
    expect(code).toBe(3);
    expect(of("store")).toMatchObject([
      { status: "wrong", detail: `1 stored file damaged: ${path.relative(project.folder, files[0]!)}` },
      { status: "warning", detail: `1 stored file gone: ${path.relative(project.folder, files[1]!)}` },
    ]);
    await project.run();
    expect((await doctor()).of("store")).toMatchObject([{ status: "ok" }]);
  });

  test("a state.db that is none", async () => {
    project = sample();
    project.write(
      ".stepbook/state.db",
      "this is not a database, and it is longer than the header of one would be: more than a hundred bytes of text",
    );
    const { code, of } = await doctor();
    expect(code).toBe(3);
    expect(of("state")[0]).toMatchObject({
      status: "wrong",
      detail: expect.stringContaining("damaged"),
      remedy: expect.stringContaining("move it away"),
    });
  });

  test("a repository that would take in .stepbook/", async () => {
    project = sample();
    spawnSync("git", ["init", "-q"], { cwd: project.folder });
    expect((await doctor()).of("git")).toMatchObject([{ status: "warning", remedy: expect.stringContaining(".gitignore") }]);
    project.write(".gitignore", ".stepbook/\n");
    expect((await doctor()).of("git")).toMatchObject([{ status: "ok" }]);
  });
});
