/** `npx tsx runner.ts` in the repository runs what its sources say now, though it runs a build of them. */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "./rig/build.ts";
import { TestProject } from "./rig/project.ts";

test("an edit of the engine is used by the next start, its size and time as before or not", () => {
  const project = new TestProject({});
  onTestFinished(() => project.dispose());
  for (const name of ["src", "build.ts", "runner.ts", "package.json", "tsconfig.json"])
    cpSync(path.join(root, name), project.path(name), { recursive: true });
  symlinkSync(path.join(root, "node_modules"), project.path("node_modules"));
  const help = () => execFileSync(process.execPath, ["--import", "tsx", "runner.ts", "--help"], { cwd: project.folder, encoding: "utf8" });
  expect(help()).toContain("Numbered TypeScript scripts");

  const file = project.path("src/program.ts");
  const { atime, mtime } = statSync(file);
  writeFileSync(file, readFileSync(file, "utf8").replace("Numbered TypeScript scripts", "Numbered TypeScript SCRIPTS"));
  utimesSync(file, atime, mtime);
  expect(help()).toContain("Numbered TypeScript SCRIPTS");

  writeFileSync(file, readFileSync(file, "utf8").replace("Numbered TypeScript SCRIPTS", "Numbered scripts"));
  expect(help()).toContain("Numbered scripts");
});
