/** An example inside a library that it links to: the package's folder lies around the project. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let library: string;
afterEach(() => rmSync(library, { recursive: true, force: true }));

test("what the project holds is its own, and what lies around it the library's", async () => {
  library = mkdtempSync(path.join(tmpdir(), "stepbook-library-"));
  const write = (file: string, text: string) => writeFileSync(path.join(library, file), text);
  write("package.json", '{ "name": "mylib", "version": "1.0.0", "type": "module", "exports": "./index.js" }');
  write("index.js", "export const factor = 2;\n");
  const project = new TestProject(
    {
      "data/in.json": "20",
      "steps/10_a.ts":
        'import fs from "node:fs";\nimport { factor } from "mylib";\nfs.writeFileSync("data/out.txt", "");\nexport const a = factor * JSON.parse(fs.readFileSync("data/in.json", "utf8"));\n',
      "steps/20_b.ts":
        'import fs from "node:fs";\nimport { factor } from "mylib";\nexport const b = factor * JSON.parse(fs.readFileSync("node_modules/mylib/examples/one/data/in.json", "utf8"));\n',
    },
    path.join(library, "examples/one"),
  );
  mkdirSync(project.path("node_modules"));
  symlinkSync("../../..", project.path("node_modules/mylib"));
  const both = ["10_a", "20_b"];
  expect((await project.run()).ran).toEqual(both);
  for (const _ of [1, 2]) expect((await project.run()).ran).toEqual([]);
  project.write("data/in.json", "30");
  expect((await project.run()).ran).toEqual(both);
  expect([await project.value("10_a.a"), await project.value("20_b.b")]).toEqual([60, 60]);
  project.remove("data/out.txt");
  expect((await project.run()).steps["10_a"]?.reason).toBe("its output data/out.txt is gone");
  write("index.js", "export const factor = 3;\n");
  expect((await project.run()).steps["10_a"]?.reason).toBe("package mylib: its files changed");
  expect(await project.value("10_a.a")).toBe(90);
});
