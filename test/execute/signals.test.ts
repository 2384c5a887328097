import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { identify } from "../../src/record/processes.ts";
import { openState } from "../../src/record/state.ts";
import { hangingEsbuild } from "../rig/esbuild.ts";
import { finished, TestProject } from "../rig/project.ts";
import { asInstalled, hasPty, onTerminal, type OnTerminal } from "../rig/pty.ts";
import { until } from "../schedule/rig.ts";

let project: TestProject;
let meeting: Meeting;

beforeEach(async () => (meeting = await Meeting.open()));
afterEach(() => {
  meeting.close();
  project.dispose();
});

/** Where steps report that they have come to a point, so that no test has to sleep for it. */
class Meeting {
  readonly #server: Server;
  readonly #waiting: ((socket: Socket) => void)[] = [];
  readonly #come: Socket[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      socket.on("error", () => {});
      const next = this.#waiting.shift();
      if (next) next(socket);
      else this.#come.push(socket);
    });
  }

  static async open(): Promise<Meeting> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Meeting(server);
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** The next step that has come, until it closes. */
  next(): Promise<Socket> {
    const come = this.#come.shift();
    return come ? Promise.resolve(come) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#come.forEach((socket) => socket.destroy());
    this.#server.close();
  }
}

/** A step that reports, starts a grandchild, and then is busy or waits. */
const hanging = (busy: boolean) => `import { spawn } from "node:child_process";
import { connect } from "node:net";
const child = spawn("sleep", ["300"], { stdio: "ignore" });
const socket = connect(Number(process.env.MEETING), "127.0.0.1");
await new Promise((resolve) => socket.write(JSON.stringify([process.pid, child.pid]), resolve));
${busy ? "const until = Date.now() + 300_000;\nwhile (Date.now() < until);" : "await new Promise((resolve) => setTimeout(resolve, 300_000));"}
export const a = 1;
`;

async function started(busy: boolean): Promise<{ child: ChildProcess; ended: ReturnType<typeof finished>; pids: number[] }> {
  project = new TestProject({
    "steps/10_hang.ts": hanging(busy),
    "steps/20_next.ts": 'import { a } from "./10_hang.ts";\nexport const b = a;\n',
  });
  const child = project.start(["run", "--json"], { env: { MEETING: String(meeting.port) } });
  const ended = finished(child);
  const socket = await meeting.next();
  const pids = await new Promise<number[]>((resolve) => socket.once("data", (data) => resolve(JSON.parse(data.toString()) as number[])));
  return { child, ended, pids };
}

/** Resolves when none of the processes is there any more; the test's time limit is the deadline. */
async function allGone(pids: readonly number[]): Promise<void> {
  while (pids.some((pid) => identify(pid) !== undefined)) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.each([
  ["waiting", false],
  ["busy", true],
])("a %s step", (_, busy) => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s ends the run cleanly, children of children too", async (signal, code) => {
    const { child, ended, pids } = await started(busy);
    child.kill(signal);
    const result = await ended;
    expect(result.code).toBe(code);
    expect(result.stdout).toContain('"status":"cancelled"');
    await allGone(pids);
  });

  test("kill -9 of the runner takes its steps along", async () => {
    const { child, ended, pids } = await started(busy);
    child.kill("SIGKILL");
    await ended;
    await allGone(pids);
  });
});

test("a second Ctrl-C does not wait for a step that ignores the first", async () => {
  project = new TestProject({
    "steps/10_deaf.ts": `import { connect } from "node:net";
// The same signal at once would be the same press.
process.on("SIGTERM", () => [1000, 4500].forEach((ms) => setTimeout(() => socket.write("deaf"), ms)));
const socket = connect(Number(process.env.MEETING), "127.0.0.1");
await new Promise((resolve) => socket.write("up", resolve));
await new Promise((resolve) => setTimeout(resolve, 300_000));
`,
  });
  const child = project.start(["run"], { env: { MEETING: String(meeting.port) } });
  const ended = finished(child);
  const socket = await meeting.next();
  let said = "";
  socket.on("data", (data) => (said += data.toString()));
  await until(() => said === "up");
  child.kill("SIGINT");
  await until(() => said === "updeaf");
  child.kill("SIGINT");
  expect((await ended).code).toBe(130);
  // It would have been killed after 5 s, too.
  expect(said).toBe("updeaf");
});

test.runIf(hasPty)("one Ctrl-C on a terminal is one, though npx and tsx hand it on: a step has its time to end", async () => {
  project = new TestProject({
    "steps/10_slow.ts": `import { writeFileSync } from "node:fs";
import { connect } from "node:net";
process.on("SIGTERM", () => setTimeout(() => {
  writeFileSync("ended", "");
  process.exit(1);
}, 1000));
connect(Number(process.env.MEETING), "127.0.0.1");
await new Promise((resolve) => setTimeout(resolve, 300_000));
`,
  });
  asInstalled(project);
  const terminal = onTerminal(project, "npx tsx runner.ts", { MEETING: String(meeting.port) });
  await meeting.next();
  terminal.type("\x03");
  expect(await terminal.ended, terminal.shown()).toBe(130);
  terminal.close();
  expect(project.has("ended"), terminal.shown()).toBe(true);
});

/** A run on a terminal whose esbuild hangs so many times: Ctrl-C ends that, too, as it does in truth. */
async function withHangingEsbuild(times: number): Promise<OnTerminal> {
  project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
  const terminal = onTerminal(project, `"${process.execPath}" ${project.words(["run"]).join(" ")}`, hangingEsbuild(project, times));
  await until(() => project.has("started"));
  return terminal;
}

test.runIf(hasPty)("Ctrl-C while the graph is made: the run is cancelled, though esbuild ends by it", async () => {
  const terminal = await withHangingEsbuild(1);
  terminal.type("\x03");
  expect(await terminal.ended, terminal.shown()).toBe(130);
  terminal.close();
  expect(terminal.shown()).not.toContain("E_FILE");
  expect((await project.command(["runs"])).stdout).toContain("cancelled");
});

test.runIf(hasPty)("Ctrl-C while the graph is made, again and again", async () => {
  const terminal = await withHangingEsbuild(1000);
  const pressing = setInterval(() => terminal.type("\x03"), 50);
  const code = await terminal.ended;
  clearInterval(pressing);
  terminal.close();
  expect(code, terminal.shown()).toBe(130);
  expect(terminal.shown()).not.toContain("E_FILE");
});

describe("two runners in one folder", () => {
  test("the second says who holds the lock, or waits for it", async () => {
    const { child, ended } = await started(false);
    const refused = await project.command(["run", "--no-wait"], { env: { MEETING: String(meeting.port) } });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain("E_LOCKED");
    expect(refused.stderr).toContain(`another runner (pid ${child.pid}`);
    const second = project.start(["run", "--json"], { env: { MEETING: String(meeting.port) } });
    const secondEnded = finished(second);
    await new Promise<void>((resolve) => second.stdout!.on("data", (data: Buffer) => data.includes("run.waiting") && resolve()));
    child.kill("SIGINT");
    await ended;
    // Its turn has come: its step reports.
    await meeting.next();
    second.kill("SIGINT");
    expect((await secondEnded).code).toBe(130);
  });

  test("a suspended owner is not robbed", async () => {
    const { child, ended } = await started(false);
    child.kill("SIGSTOP");
    const refused = await project.command(["run", "--no-wait"]);
    expect(refused.stderr).toContain("E_LOCKED");
    child.kill("SIGCONT");
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });

  test.each([
    ["of a process that is gone", () => ({ pid: 2 ** 22 - 7, started: "1" })],
    ["whose pid now belongs to another process", () => ({ pid: process.pid, started: "1" })],
  ])("a stale lock %s is taken over", async (_, forged) => {
    project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
    await project.run();
    const db = openState(project.folder);
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const { pid, started: at } = forged();
    db.prepare("INSERT INTO lock (id, pid, started, boot, since) VALUES (1, ?, ?, ?, ?)").run(pid, at, boot, new Date().toISOString());
    db.close();
    expect((await project.run(["--no-wait"])).code).toBe(0);
  });
});

test("stdout closed early, as by head -1, harms nothing", async () => {
  project = new TestProject({ "steps/10_talk.ts": 'for (let i = 0; i < 2000; i++) console.log("line", i);\nexport const a = 1;\n' });
  const child = project.start(["run", "--json"]);
  const ended = finished(child);
  child.stdout!.once("data", () => child.stdout!.destroy());
  expect((await ended).code).toBe(0);
  expect((await project.run()).ran).toEqual([]);
});

test("nothing of the engine is left in the folder of temporary files", async () => {
  project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
  await project.run();
  expect(existsSync(project.path(".stepbook/staging")) ? readdirSync(project.path(".stepbook/staging")) : []).toEqual([]);
});
