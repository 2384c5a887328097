import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { frame, unframe } from "../../src/execute/channel.ts";
import { guards } from "../../src/execute/guard.ts";
import { identify } from "../../src/record/processes.ts";
import { childrenOf, commandLine, signalTo } from "../rig/processes.ts";
import { finished, TestProject } from "../rig/project.ts";

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const gone = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
const group = () => spawn("sleep", ["300"], { detached: true, stdio: "ignore" });

test.each([
  ["a shell", 0],
  ["Node", 1],
])("the guard as %s ends the groups that it was told of and not told off", async (_, nth) => {
  const [program, ...words] = guards[nth]!;
  const [first, left, held, released, other, last] = [group(), group(), group(), group(), group(), group()];
  const guard = spawn(program!, [...words, String(first.pid), String(left.pid)], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  guard.stdin!.write(`- ${left.pid}\n+ ${held.pid}\n+ ${released.pid}\n+ ${other.pid}\n- ${released.pid}\n+ ${last.pid}\n`);
  guard.stdin!.end();
  await once(guard, "exit");
  await until(() => [first, held, other, last].every(gone));
  for (const each of [left, released]) {
    expect(gone(each)).toBe(false);
    each.kill("SIGKILL");
  }
});

test("a guard that is killed is replaced: the steps still go with their runner", async () => {
  const project = new TestProject({
    "steps/10_busy.ts": 'import { writeFileSync } from "node:fs";\nwriteFileSync("pid", String(process.pid));\nfor (;;);\n',
  });
  const runner = project.start(["run"]);
  const ended = finished(runner);
  await until(() => existsSync(project.path("pid")) && project.read("pid") !== "");
  const step = Number(project.read("pid"));
  // It would go on for ever where this fails.
  onTestFinished(() => signalTo(step, "SIGKILL"));
  const guardOf = () => childrenOf(runner.pid!).find(({ pid }) => commandLine(pid).includes("kill -s KILL"))?.pid;
  const first = guardOf()!;
  process.kill(first, "SIGKILL");
  await until(() => (guardOf() ?? first) !== first);
  runner.kill("SIGKILL");
  await ended;
  await until(() => identify(step) === undefined);
  project.dispose();
});

test("messages arrive whole however the pipe cuts them, and noise ends nothing else", () => {
  const messages = [{ a: 1n, b: new Date(0) }, "x".repeat(200_000), { type: "done", bytes: new Uint8Array([1, 2]) }];
  const whole = Buffer.concat(messages.map(frame));
  for (const size of [1, 3, 4, 5, 65_536, whole.length]) {
    const heard: unknown[] = [];
    const take = unframe((message) => heard.push(message));
    for (let at = 0; at < whole.length; at += size) take(whole.subarray(at, at + size));
    expect(heard).toEqual(messages);
  }
  const heard: unknown[] = [];
  const take = unframe((message) => heard.push(message));
  take(Buffer.from([2, 0, 0, 0, 1, 2]));
  take(frame("after"));
  take(Buffer.from([255, 255, 255, 255]));
  take(frame("never"));
  expect(heard).toEqual([{ type: "noise" }, "after"]);
});
