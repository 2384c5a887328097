/** What a step prints is kept and shown to its last byte, however it ends. */
import path from "node:path";
import { readdirSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { TestProject } from "../rig/project.ts";

const lines = 30_000;
/** More than a pipe holds, in one go: nothing gives the loop back before the end. */
const printing = `for (let i = 0; i < ${lines}; i++) console.log("line " + i + " of what it says");\nconsole.error("the last word");\n`;
const ends = {
  "it comes to its end": `${printing}export const a = 1;\n`,
  "it throws": `${printing}throw new Error("no");\n`,
  "it ends its process": `${printing}process.reallyExit(3);\n`,
  "it is killed": `${printing}process.kill(process.pid, "SIGKILL");\n`,
  "it runs in a process that others have had": `${printing}export const config = { isolation: "shared" };\nexport const a = 1;\n`,
};

for (const [how, step] of Object.entries(ends)) {
  test(`all that a step printed is in its log where ${how}`, async () => {
    const project = new TestProject({ "steps/10_a.ts": step, "steps/20_b.ts": step });
    onTestFinished(() => project.dispose());
    await project.command(["run", "--keep-going", "--jobs", "1"]);
    const runs = project.path(".stepbook/runs");
    for (const id of ["10_a", "20_b"]) {
      const log = project.read(path.join(".stepbook/runs", readdirSync(runs)[0]!, `${id}.log`)).split("\n");
      expect(log.filter((line) => line.startsWith("line "))).toEqual(Array.from({ length: lines }, (_, i) => `line ${i} of what it says`));
      expect(log.filter((line) => line === "the last word")).toHaveLength(1);
    }
  });
}
