/**
 * The end of a run that somebody ends, on a real terminal, by `npx tsx runner.ts`: four processes, of which tsx kills
 * its child when that does not answer a signal at once. After each, no process of the run lives.
 */
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openState } from "../../src/record/state.ts";
import { inMemory } from "../rig/memory.ts";
import { alive, commandLine, signalTo } from "../rig/processes.ts";
import { TestProject } from "../rig/project.ts";
import { asInstalled, hasPty, onTerminal, type OnTerminal } from "../rig/pty.ts";
import { assertOrphansEnd, untilThere } from "./orphans.ts";
import { assertNoneAlive, newMarks } from "./three-steps.ts";
import { isRelease, possible, trials } from "./trials.ts";

inMemory();

const timeout = 6 * 3600_000;
const noPty = hasPty ? null : "no `script` of util-linux here, or it hands on no exit code";

/** The second step does what SORT says, when the first has ended. Each says by a file that it has come so far. */
const files = {
  "steps/10_first.ts": "export const a = 1;\n",
  "steps/20_second.ts": `import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { a } from "./10_first.ts";
export const config = { timeout: "5m" };
const sort = process.env.SORT;
if (sort === "deaf") process.on("SIGTERM", () => {});
if (sort !== "quick") spawn("sleep", ["300"], { stdio: "ignore" });
writeFileSync(process.env.COUNTER!, String(process.pid));
if (sort === "busy") for (const until = Date.now() + 300_000; Date.now() < until; );
if (sort === "deaf" || sort === "waits") await new Promise((resolve) => setTimeout(resolve, 300_000));
export const b = a;
`,
  "steps/30_third.ts":
    'import { b } from "./20_second.ts";\nawait new Promise((resolve) => setTimeout(resolve, 300));\nexport const c = b;\n',
};

let project: TestProject;
beforeAll(() => {
  project = new TestProject(files);
  asInstalled(project);
});
afterAll(() => project.dispose());

type Marks = ReturnType<typeof newMarks>;

/** Starts the run anew, and waits until it is where it is to be ended. */
async function comeTo(moment: string, wait: number, marks: Marks): Promise<OnTerminal> {
  project.remove(".stepbook");
  const terminal = onTerminal(project, "npx tsx runner.ts", { ...marks, SORT: moment === "between steps" ? "quick" : moment });
  await terminal.begun;
  if (moment === "loading") {
    // A key that comes before the shell has started the command is the shell's.
    while (alive(marks.MARK).every(isShell) && terminal.child.exitCode === null) await sleep(1);
    await sleep(wait * 20);
  }
  if (moment === "planning") while (!existsSync(project.path(".stepbook/state.db")) && terminal.child.exitCode === null) await sleep(1);
  if (!["loading", "planning"].includes(moment)) await untilThere(marks.COUNTER, () => terminal.child.exitCode !== null);
  if (moment === "between steps") await sleep(wait);
  return terminal;
}

function isShell(pid: number): boolean {
  return /^(script|sh -c trap|\/bin\/sh -c trap|cat) ?/.test(commandLine(pid));
}

/** tsx, or what it starts; npx, which starts it, names the same file. */
function isTsx(pid: number): boolean {
  return /^\S*node .*(?:\/tsx |preflight).*runner\.ts/.test(commandLine(pid));
}

/** Nothing of the run lives; the terminal, which bears its mark too, is closed then. */
async function gone(marks: Marks, terminal: OnTerminal, what: string): Promise<void> {
  const deadline = Date.now() + 5000;
  const left = () => alive(marks.MARK).filter((pid) => !isShell(pid));
  while (left().length > 0 && Date.now() < deadline) await sleep(20);
  expect(left().map(commandLine), what).toEqual([]);
  terminal.close();
  await assertNoneAlive(marks.MARK, what);
  rmSync(marks.COUNTER, { force: true });
}

/** How the newest run ended, by its record; undefined where there was none yet. */
function statusOfRun(): string | undefined {
  if (!existsSync(project.path(".stepbook/state.db"))) return undefined;
  const db = openState(project.folder);
  try {
    return db.prepare("SELECT status FROM runs ORDER BY id DESC LIMIT 1").pluck().get() as string | undefined;
  } finally {
    db.close();
  }
}

/** The deaf step is waited for, 5 s each time. */
const moments = ["busy", "planning", "between steps", "loading", "busy", "planning", "between steps", "deaf"];

/**
 * A clean end: nothing of the run lives 5 s later, the exit code is 130, the terminal is as it was, the run is kept as
 * cancelled or had not begun, and the next one has nothing to repair.
 */
test("Ctrl-C on a terminal ends the run cleanly", { timeout }, async () => {
  if (!possible("ctrlC", noPty)) return;
  const ends: Record<string, number> = {};
  await trials("ctrlC", async (nth, notes) => {
    const moment = moments[nth % moments.length]!;
    const marks = newMarks();
    const terminal = await comeTo(moment, Math.floor(notes.random() * 60), marks);
    const started = alive(marks.MARK).some((pid) => isTsx(pid));
    terminal.type("\x03");
    const code = await terminal.ended;
    await gone(marks, terminal, `Ctrl-C, ${moment}`);
    const end = statusOfRun() ?? "not begun";
    ends[end] = (ends[end] ?? 0) + 1;
    notes.note = Object.entries(ends)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ");
    const what = `Ctrl-C, ${moment}: ${terminal.shown()}`;
    expect(terminal.restored(), what).toBe(true);
    // It may have been done before the key was read.
    if (code === 0) return expect([moment, end], what).toEqual(["between steps", "succeeded"]);
    expect(code, what).toBe(130);
    // npm takes the key while it starts the command, and starts it all the same.
    if (!started && end === "succeeded") return;
    // Where the machine is so busy that the runner does not answer within 60 ms, tsx kills it: the next run marks it as interrupted.
    expect(
      ["cancelled", ...(isRelease ? [] : ["running"]), ...(["loading", "planning"].includes(moment) ? ["not begun"] : [])],
      what,
    ).toContain(end);
    const next = await project.run([], { env: { ...marks, SORT: "quick" } });
    rmSync(marks.COUNTER, { force: true });
    expect(next.code, what).toBe(0);
    if (end !== "running")
      expect(
        next.events.filter(({ type }) => type === "run.recovered"),
        what,
      ).toEqual([]);
  });
});

test("Ctrl-C again and again ends a run whose step does not listen, at once", { timeout }, async () => {
  if (!possible("storm", noPty)) return;
  let slowest = 0;
  await trials("storm", async (_, notes) => {
    const marks = newMarks();
    const terminal = await comeTo("deaf", 0, marks);
    const since = performance.now();
    // Longer than what counts as one press.
    for (let i = 0; i < 50; i++) {
      terminal.type("\x03");
      await sleep(10);
    }
    const code = await terminal.ended;
    slowest = Math.max(slowest, Math.round(performance.now() - since));
    await gone(marks, terminal, "Ctrl-C, fifty times");
    expect(code, terminal.shown()).toBe(130);
    // Asked once, the step would have had 5 s.
    expect(slowest, terminal.shown()).toBeLessThan(4500);
    notes.note = `${slowest} ms at most from the first key to the end`;
  });
});

test("SIGTERM, and a terminal that is closed", { timeout }, async () => {
  if (!possible("hangup", noPty)) return;
  await trials("hangup", async (nth) => {
    const marks = newMarks();
    const terminal = await comeTo(nth % 4 < 2 ? "busy" : "waits", 0, marks);
    if (nth % 2 === 0) signalTo(terminal.child.pid!, "SIGKILL");
    else for (const pid of alive(marks.MARK).filter((each) => /^\S*node .*runner\.ts/.test(commandLine(each)))) signalTo(pid, "SIGTERM");
    await terminal.ended;
    await gone(marks, terminal, nth % 2 === 0 ? "terminal closed" : "SIGTERM");
    expect(["cancelled", "running"]).toContain(statusOfRun());
  });
});

test("a reader of stdout that goes away harms nothing", { timeout }, async () => {
  await trials("stdout", async (nth) => {
    const marks = newMarks();
    project.remove(".stepbook");
    const words = nth % 2 === 0 ? "run" : "run --json";
    const shell = spawn("/bin/sh", ["-c", `npx tsx runner.ts ${words} | head -1`], {
      cwd: project.folder,
      env: { ...process.env, ...marks, SORT: "quick", NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    shell.stderr.on("data", (data: Buffer) => (errors += data.toString()));
    await new Promise((resolve) => shell.once("close", resolve));
    await assertNoneAlive(marks.MARK, "stdout closed");
    rmSync(marks.COUNTER, { force: true });
    expect(errors).not.toMatch(/EPIPE|at .*\.js:\d+/);
    expect((await project.run([], { env: { ...marks, SORT: "quick" } })).code).toBe(0);
  });
});

test("a runner killed with a busy step and grandchildren leaves none of them", { timeout }, async () => {
  let slowest = 0;
  await trials("orphan", async (nth, notes) => {
    slowest = Math.max(slowest, await assertOrphansEnd(nth % 2 === 0));
    notes.note = `the last process was gone after ${slowest} ms at most`;
  });
});
