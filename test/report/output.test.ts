/** What the command prints arrives whole, however much it is. */
import { closeSync, openSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { memory } from "../rig/processes.ts";
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
  const child = spawn(process.execPath, project.words([]), {
    cwd: project.folder,
    env: { ...process.env, NO_COLOR: "1", CI: "1" },
    stdio: ["ignore", file, file],
  });
  expect(await once(child, "close")).toEqual([0, null]);
  closeSync(file);
  const text = project.read("out.txt");
  expect(said(text)).toEqual(lines);
  expect(text.trimEnd().split("\n").at(-1)).toContain("1 step: 1 ran");
});

/** Node makes a pipe one that does not wait, and undoes that only where it ends by itself. */
const unwaiting = `"$0" -e "process.stdout; process.kill(process.pid, 'SIGKILL')"; `;

test.each([
  ["that waits", ""],
  ["that does not", unwaiting],
])("and in a pipe %s, full already when the command writes to it", async (_, before) => {
  const project = projectOf();
  const script = `head -c 65536 /dev/zero | tr '\\0' '\\n'; ${before}exec "$0" "$@"`;
  const child = spawn("/bin/sh", ["-c", script, process.execPath, ...project.words(["run", "--json"])], {
    cwd: project.folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const closed = once(child, "close");
  await expect.poll(() => project.has(".stepbook/state.db")).toBe(true);
  let text = "";
  child.stdout.on("data", (data: Buffer) => (text += data.toString()));
  expect(await closed).toEqual([0, null]);
  const events = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { type: string; line?: string });
  expect(events.flatMap(({ line }) => line ?? [])).toEqual(lines);
  expect(events.at(-1)!.type).toBe("run.finished");
});

test(
  "a reader slower than the step holds the step up: what it has not read does not pile up in the runner",
  { timeout: 120_000 },
  async () => {
    const megabytes = 40;
    const project = new TestProject({
      "steps/10_a.ts": `const part = ("x".repeat(99) + "\\n").repeat(10_000);\nfor (let i = 0; i < ${megabytes}; i++) process.stdout.write(part);\nexport const a = 1;\n`,
    });
    onTestFinished(() => project.dispose());
    const child = spawn(process.execPath, project.words(["run", "--json"]), { cwd: project.folder, stdio: ["ignore", "pipe", "ignore"] });
    let [told, peak] = [0, 0];
    let last = "";
    child.stdout.on("data", (data: Buffer) => {
      const text = data.toString("latin1");
      told += text.split("step.output").length - 1;
      last = (last + text).slice(-300);
      peak = Math.max(peak, memory(child.pid!, "VmHWM"));
      child.stdout.pause();
      setTimeout(() => child.stdout.resume(), 1);
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(last).toContain('"status":"succeeded"');
    expect(told).toBeGreaterThan(megabytes * 9_000);
    expect(peak).toBeLessThan(280);
  },
);
