/** What the command prints arrives whole, however much it is. */
import { closeSync, openSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { TestProject } from "../rig/project.ts";

const lines = Array.from({ length: 3000 }, (_, i) => `${i} bien sûr`);
const step = `for (let i = 0; i < ${lines.length}; i++) console.log(i + " bien sûr");\nexport const a = 1;\n`;

/** What a step printed, out of what the run printed. */
const said = (text: string) => text.split("\n").flatMap((line) => /│ (\d+ .*)$/.exec(line)?.[1] ?? []);

function projectOf(): TestProject {
  const project = new TestProject({ "steps/10_a.ts": step });
  onTestFinished(() => project.dispose());
  return project;
}

test("all of it arrives in a pipe, in order, however much it is", async () => {
  const project = projectOf();
  const { code, stdout, stderr } = await project.command([], { env: { CI: "1" } });
  expect(code).toBe(0);
  expect(said(stderr)).toEqual(lines);
  expect(stdout).toContain("1 step: 1 ran");
  const again = await project.command([], { env: { CI: "1" } });
  expect(again.stderr).toContain("reused");
  expect(again.stdout).toContain("1 step: 1 reused");
});

test("and in a file, to which both go", async () => {
  const project = projectOf();
  const file = openSync(project.path("out.txt"), "w");
  const child = spawn(process.execPath, project.words([]), { cwd: project.folder, env: { ...process.env, NO_COLOR: "1", CI: "1" }, stdio: ["ignore", file, file] });
  expect(await once(child, "close")).toEqual([0, null]);
  closeSync(file);
  const text = project.read("out.txt");
  expect(said(text)).toEqual(lines);
  expect(text.trimEnd().split("\n").at(-1)).toContain("1 step: 1 ran");
});
