import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { openState } from "../../src/record/state.ts";
import { claim, claimPast, listSlots, type SlotRow } from "../../src/record/slots.ts";
import { built } from "../rig/build.ts";
import { hangingEsbuild } from "../rig/esbuild.ts";
import { finished, type Result, TestProject } from "../rig/project.ts";
import { asInstalled, hasPty, onTerminal } from "../rig/pty.ts";
import { ask, served } from "../serve/rig.ts";
import { until } from "./rig.ts";

let project: TestProject;
const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
  }
  project.dispose();
});

/** A project whose step says for which slot it ran; the schedule is the text between the braces. */
function make(definition: string, step = "export const at = run.logicalDate.toISOString();"): void {
  project = new TestProject({
    "steps/10_at.ts": `import { run } from "stepbook";\nimport { appendFileSync } from "node:fs";\nexport const config = { cache: false };\n${step}\nappendFileSync("ran.txt", run.logicalDate.toISOString() + "\\n");\n`,
    "schedule.mjs": `import { appendFileSync } from "node:fs";\nimport { schedule } from ${JSON.stringify(path.join(built, "schedule.js"))};\nconst told = (report) => appendFileSync(new URL("told.txt", import.meta.url), report.status + " " + report.slot + "\\n");\nawait schedule({ train: { ${definition} } });\n`,
  });
}

function scheduler(words: readonly string[] = []): ChildProcess {
  const child = spawn(process.execPath, [project.path("schedule.mjs"), "--json", "--no-ui", ...words], {
    cwd: project.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  started.push(child);
  return child;
}

const once = (): Promise<Result> => finished(scheduler(["--once"]));

/** Puts back the instant up to which slots have been seen, as if the scheduler had been away since then. */
function away(since: number): void {
  const db = openState(project.folder);
  db.prepare("UPDATE schedules SET seen = ?").run(since);
  db.close();
}

function slots(): SlotRow[] {
  const db = openState(project.folder);
  try {
    return listSlots(db, 10_000).reverse();
  } finally {
    db.close();
  }
}

const hour = 3_600_000;
/** The start of the hour, n hours ago; far enough from now that none of these is on time. */
const hours = (n: number) => Math.floor((Date.now() - 5 * 60_000) / hour) * hour - n * hour;
const iso = (at: number) => new Date(at).toISOString();
const ran = () => (project.has("ran.txt") ? project.read("ran.txt").trim().split("\n") : []);
/** A minute of the hour that is over for more than the grace, and comes in no test. */
const past = () => new Date(Date.now() - 10 * 60_000).getUTCMinutes();

/** Waits for a line of output that has these words. */
function says(child: ChildProcess, words: string): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    const listen = (chunk: Buffer) => (text += chunk.toString()).includes(words) && resolve();
    child.stdout!.on("data", listen);
    child.stderr!.on("data", listen);
    child.once("close", () => reject(new Error(`it ended without saying "${words}": ${text}`)));
  });
}

describe("slots that passed while nobody was there", () => {
  test.each([
    ["none", ["missed", "missed", "missed"]],
    ["latest", ["missed", "missed", "succeeded"]],
    ["all", ["succeeded", "succeeded", "succeeded"]],
  ])("catchUp %s", async (catchUp, expected) => {
    make(`cron: "${past()} * * * *", catchUp: "${catchUp}", onMissed: told, onSuccess: told`);
    expect((await once()).code).toBe(0);
    expect(slots()).toEqual([]);
    const since = Date.now() - 2 * hour - 30 * 60_000;
    away(since);
    const { code, stderr } = await once();
    expect(code, stderr).toBe(0);
    const all = slots();
    expect(all.map(({ status }) => status)).toEqual(expected);
    expect(ran()).toEqual(catchUp === "none" ? [] : all.filter(({ status }) => status === "succeeded").map(({ slot }) => slot));
    const told = project.read("told.txt").trim().split("\n").sort();
    expect(told).toEqual(all.map(({ status, slot }) => `${status} ${slot}`).sort());
    await once();
    expect(slots()).toEqual(all);
  });
});

test("a run that fails is tried again, then its slot has failed and the hook is told once", async () => {
  make(
    `cron: "${past()} * * * *", catchUp: "latest", retries: 2, retryDelay: 10, onFailure: told`,
    'appendFileSync("ran.txt", "try\\n");\nif (1) throw new Error("no");',
  );
  await once();
  away(Date.now() - hour);
  const { code } = await once();
  expect(code).toBe(1);
  expect(slots()).toMatchObject([{ status: "failed", attempts: 3, reason: expect.stringContaining("no") }]);
  expect(ran()).toEqual(["try", "try", "try"]);
  expect(project.read("told.txt").trim().split("\n")).toHaveLength(1);
});

test.each([
  ["--once", ["--once"]],
  ["SIGTERM", []],
] as const)("a hook that never ends does not keep the scheduler from its end, by %s", async (_, words) => {
  make(`cron: "${past()} * * * *", catchUp: "latest", onSuccess: () => new Promise(() => setInterval(() => {}, 1000))`);
  await once();
  away(Date.now() - hour);
  const child = scheduler(words);
  const ended = finished(child);
  await says(child, ": succeeded");
  if (words.length === 0) child.kill("SIGTERM");
  const { code, stderr } = await ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("its hook failed: it has not ended in 10 s, and is not waited for");
});

test("an attempt beyond its deadline is cancelled and has failed", async () => {
  make(`cron: "${past()} * * * *", catchUp: "latest", deadline: 1500`, "await new Promise((resolve) => setTimeout(resolve, 600_000));");
  await once();
  away(Date.now() - hour);
  expect((await once()).code).toBe(1);
  expect(slots()).toMatchObject([{ status: "failed", reason: "it took longer than its deadline" }]);
});

/** A step that hangs the first time it is run, and says so. */
const hangsOnce =
  'import { existsSync, writeFileSync } from "node:fs";\nif (!existsSync("hung")) {\n  writeFileSync("hung", "");\n  console.log("it hangs");\n  await new Promise((resolve) => setTimeout(resolve, 600_000));\n}';

test.each([
  ["killed", "SIGKILL"],
  ["drained", "SIGTERM"],
] as const)("a scheduler that is %s in a run: the next one runs the same slot to its one success", async (_, signal) => {
  make(`cron: "${past()} * * * *", catchUp: "latest"`, hangsOnce);
  await once();
  away(Date.now() - hour);
  const first = scheduler();
  await says(first, "it hangs");
  first.kill(signal);
  const code = await new Promise((resolve) => first.once("close", (exit) => resolve(exit)));
  expect(code).toBe(signal === "SIGTERM" ? 0 : null);
  expect(slots()[0]?.status).toBe(signal === "SIGTERM" ? "due" : "running");
  expect((await once()).code).toBe(0);
  expect(slots()).toMatchObject([{ status: "succeeded", attempts: 2 }]);
  expect(ran()).toEqual([slots()[0]!.slot]);
});

test("a slot whose run takes the scheduler with it has failed at the third time, and the hook is told once", async () => {
  make(
    `cron: "${past()} * * * *", catchUp: "latest", onFailure: told`,
    'import { readFileSync } from "node:fs";\nappendFileSync("ran.txt", "try\\n");\nprocess.kill(Number(readFileSync("pid", "utf8")), "SIGKILL");\nawait new Promise((resolve) => setTimeout(resolve, 600_000));',
  );
  project.edit(
    "schedule.mjs",
    "const told",
    'appendFileSync(new URL("pid", import.meta.url), String(process.pid), { flag: "w" });\nconst told',
  );
  await once();
  away(Date.now() - hour);
  for (const _ of [1, 2, 3]) {
    expect((await once()).signal).toBe("SIGKILL");
    expect(slots()).toMatchObject([{ status: "running" }]);
  }
  for (const code of [1, 0]) {
    expect((await once()).code).toBe(code);
    expect(slots()).toMatchObject([{ status: "failed", attempts: 3, reason: "its run was interrupted 3 times" }]);
  }
  expect(ran()).toEqual(["try", "try", "try"]);
  expect(project.read("told.txt").trim().split("\n")).toEqual([`failed ${slots()[0]!.slot}`]);
});

test.each([
  ["between claim and start: it runs", "run = NULL", 2],
  ["between the run's end and the slot's: the run counts and is not made again", "attempts = attempts", 1],
])("killed %s", async (_, left, runs) => {
  make(`cron: "${past()} * * * *", catchUp: "latest"`);
  await once();
  away(Date.now() - hour);
  await once();
  // What a kill at that point leaves: the slot is claimed by a process that is dead.
  const db = openState(project.folder);
  db.prepare(`UPDATE slots SET status = 'running', pid = 999999999, started = 'x', ${left}`).run();
  db.close();
  await once();
  expect(slots()).toMatchObject([{ status: "succeeded", attempts: runs }]);
  expect(ran()).toHaveLength(runs);
});

test("of several schedulers one leads; killed, another takes over and finishes its slot", async () => {
  make(`cron: "${past()} * * * *", catchUp: "latest"`, hangsOnce);
  await once();
  away(Date.now() - hour);
  const first = scheduler();
  await says(first, "it hangs");
  const others = [scheduler(), scheduler()];
  await Promise.all(others.map((other) => says(other, "another scheduler leads")));
  const taken = Promise.race(others.map((other) => says(other, ": succeeded")));
  first.kill("SIGKILL");
  await taken;
  expect(slots()).toMatchObject([{ status: "succeeded", attempts: 2 }]);
  expect(ran()).toHaveLength(1);
});

test("a scheduler that is suspended keeps the lead, and sees at its return each slot that passed, once", async () => {
  make(`cron: "${past()} * * * *", catchUp: "latest"`);
  const first = scheduler();
  await says(first, "scheduling train");
  const other = scheduler();
  await says(other, "another scheduler leads");
  first.kill("SIGSTOP");
  // As if the clock had gone on for three hours meanwhile.
  away(Date.now() - 3 * hour);
  const taken = says(first, ": succeeded");
  first.kill("SIGCONT");
  await taken;
  expect(slots().map(({ status }) => status)).toEqual(["missed", "missed", "succeeded"]);
  expect(ran()).toEqual([slots()[2]!.slot]);
});

test("a backfill that is killed beside a living scheduler does not stand in the way for good", async () => {
  make('cron: "@yearly"');
  const child = scheduler();
  await says(child, "scheduling train");
  const db = openState(project.folder);
  db.prepare(
    "INSERT INTO slots (schedule, slot, status, \"trigger\", pid, started, boot, updated_at) VALUES ('train', '2020-01-01T00:00:00.000Z', 'running', 'backfill', 999999999, 'x', 'x', '')",
  ).run();
  db.close();
  await until(() => slots()[0]?.status === "missed");
  expect(slots()[0]).toMatchObject({ reason: "its backfill was interrupted" });
});

test("a slot that comes while the one before it runs is skipped, and the ledger says why", async () => {
  make('cron: "* * * * *"');
  await once();
  const since = Date.now() - 59_500;
  // A run of this schedule by somebody who lives: this process.
  const db = openState(project.folder);
  const before = { schedule: "train", slot: "2020-01-01T00:00:00.000Z" };
  db.prepare("INSERT INTO slots (schedule, slot, status, \"trigger\", updated_at) VALUES (?, ?, 'due', 'cron', '')").run(
    before.schedule,
    before.slot,
  );
  claim(db, before);
  db.close();
  away(since);
  await once();
  expect(slots().at(-1)).toMatchObject({ status: "skipped", reason: expect.stringContaining("overlap") });
  expect(ran()).toEqual([]);
});

test("a slot that comes while a backfill goes on is run, also where overlap is skipped", async () => {
  make('cron: "* * * * *"');
  await once();
  const since = Date.now() - 59_500;
  const db = openState(project.folder);
  claimPast(db, "train", "2020-01-01T00:00:00.000Z");
  db.close();
  away(since);
  await once();
  expect(slots().slice(0, 2)).toMatchObject([
    { status: "running", trigger: "backfill" },
    { status: "succeeded", trigger: "cron" },
  ]);
});

test("a slot on the clock runs by the alarm, and the ledger shows it", async () => {
  make('cron: "* * * * *"');
  const child = scheduler();
  await says(child, ": succeeded");
  child.kill("SIGTERM");
  await new Promise((resolve) => child.once("close", resolve));
  const { stdout } = await project.command(["slots", "--json"]);
  expect(JSON.parse(stdout.split("\n")[0]!)).toMatchObject({ schedule: "train", status: "succeeded", trigger: "cron", attempts: 1 });
});

test("a cron expression that only some readers of cron take does not keep a scheduler from its others, nor from its end", async () => {
  make('cron: "5/15\t* * * *" }, other: { cron: "0 0 29 2 *"');
  const child = scheduler();
  await says(child, "scheduling train, other");
  child.kill("SIGTERM");
  expect(await new Promise((resolve) => child.once("close", resolve))).toBe(0);
});

test.runIf(hasPty)("one Ctrl-C on a terminal is one, though npx and tsx hand it on: what runs has its time to end", async () => {
  make(
    `cron: "${past()} * * * *", catchUp: "latest"`,
    'import { writeFileSync } from "node:fs";\nwriteFileSync("works", "");\nawait new Promise((resolve) => setTimeout(resolve, 1500));',
  );
  await once();
  away(hours(1));
  asInstalled(project);
  const terminal = onTerminal(project, "npx tsx schedule.mjs --no-ui", {});
  await until(() => project.has("works"));
  terminal.type("\x03");
  await terminal.ended;
  terminal.close();
  expect(slots().at(-1), terminal.shown()).toMatchObject({ status: "succeeded", attempts: 1 });
});

test.runIf(hasPty)("Ctrl-C while a run makes its graph: it has its time to end, though esbuild ends by the key", async () => {
  make(`cron: "${past()} * * * *", catchUp: "latest", onFailure: told`);
  await once();
  away(hours(1));
  const terminal = onTerminal(project, `"${process.execPath}" schedule.mjs --no-ui`, hangingEsbuild(project, 1));
  await until(() => project.has("started"));
  terminal.type("\x03");
  await terminal.ended;
  terminal.close();
  expect(slots().at(-1), terminal.shown()).toMatchObject({ status: "succeeded", attempts: 1 });
  expect(project.has("told.txt")).toBe(false);
});

test("a lock that could not be given back does not keep the scheduler from its next run", async () => {
  make(`cron: "${past()} * * * *", catchUp: "latest", retries: 1, retryDelay: 10`);
  await once();
  away(hours(1));
  const db = openState(project.folder);
  db.exec("CREATE TRIGGER keeps BEFORE DELETE ON lock BEGIN SELECT RAISE(ABORT, 'it cannot be written'); END");
  db.close();
  expect((await once()).code).toBe(1);
  expect(slots().at(-1)).toMatchObject({ status: "failed", attempts: 2, reason: "SqliteError: it cannot be written" });
  expect(ran()).toHaveLength(2);
});

test("--once can be ended while it waits for a further attempt", async () => {
  make(`cron: "${past()} * * * *", catchUp: "latest", retries: 1, retryDelay: "1h"`, 'if (1) throw new Error("no");');
  await once();
  away(hours(1));
  const child = scheduler(["--once"]);
  await says(child, "attempt 2 follows");
  child.kill("SIGTERM");
  await new Promise((resolve) => child.once("close", resolve));
  expect(slots().at(-1)).toMatchObject({ status: "due", failures: 1 });
});

test("the wait for another run of the folder is not counted to a deadline", async () => {
  make(
    `cron: "${past()} * * * *", catchUp: "latest", deadline: "5s"`,
    'import { existsSync } from "node:fs";\nwhile (existsSync("hold")) await new Promise((resolve) => setTimeout(resolve, 50));',
  );
  await once();
  away(hours(1));
  project.write("hold", "");
  const other = finished(project.start(["run"]));
  await until(() => project.has(".stepbook/runs"));
  const child = scheduler(["--once"]);
  const ended = finished(child);
  await says(child, "run.waiting");
  const later = Date.now() + 5_500;
  await until(() => Date.now() > later);
  project.remove("hold");
  expect((await other).code).toBe(0);
  expect((await ended).code).toBe(0);
  expect(slots().at(-1)).toMatchObject({ status: "succeeded" });
});

test("what is caught up runs one after the other, oldest first, also where overlap is allowed", async () => {
  make(`cron: "${past()} * * * *", catchUp: "all", overlap: "allow"`);
  await once();
  away(hours(3));
  const { stdout } = await once();
  expect(stdout).not.toContain("run.waiting");
  expect(ran().length).toBeGreaterThan(1);
  expect(ran()).toEqual(ran().toSorted());
});

test("a schedule that was renamed is not heard of any more", async () => {
  make('cron: "@hourly"');
  await once();
  project.edit("schedule.mjs", "{ train:", "{ nightly:");
  await once();
  const { code, stdout } = await project.command(["backfill", "--from", iso(hours(2)), "--to", iso(hours(2)), "--dry-run", "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ schedule: "nightly", slot: iso(hours(2)) });
});

describe("backfill", () => {
  test("dates are whole days of the schedule's zone, times are of that zone", async () => {
    make('cron: "@daily", timezone: "Europe/Berlin"');
    await once();
    const of = async (from: string, to: string) =>
      (await project.command(["backfill", "--from", from, "--to", to, "--dry-run", "--json"])).stdout
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as SlotRow).slot);
    const january = await of("2026-01-01", "2026-01-31");
    expect([january.length, january[0], january.at(-1)]).toEqual([31, "2025-12-31T23:00:00.000Z", "2026-01-30T23:00:00.000Z"]);
    expect(await of("2026-07-01T00:00", "2026-07-01T00:00")).toEqual(["2026-06-30T22:00:00.000Z"]);
    expect(await of("2026-06-30T22:00:00Z", "2026-07-01T00:00:00+02:00")).toEqual(["2026-06-30T22:00:00.000Z"]);
    const wrongWay = await project.command(["backfill", "--from", "2026-01-02", "--to", "2026-01-01"]);
    expect([wrongWay.code, wrongWay.stderr]).toEqual([2, expect.stringContaining("is after to")]);
    expect((await project.command(["backfill", "--from", "2999-01-01", "--to", "2999-01-02"])).stdout).toContain("no slots in that time");
    expect((await project.command(["backfill", "--from", "yesterday", "--to", "2026-01-01"])).stderr).toContain(
      'from "yesterday" is not a date',
    );
    expect((await project.command(["backfill", "--from", "2026-02-01", "--to", "2026-02-31"])).stderr).toContain(
      'to "2026-02-31" is not a date',
    );
  });

  test("one that was killed leaves no slot out of the next one", async () => {
    make('cron: "@hourly"', hangsOnce);
    await once();
    const range = ["--from", iso(hours(2)), "--to", iso(hours(1))];
    const killed = project.start(["backfill", ...range]);
    started.push(killed);
    await says(killed, "it hangs");
    killed.kill("SIGKILL");
    await new Promise((resolve) => killed.once("close", resolve));
    expect(slots()).toMatchObject([{ status: "running", trigger: "backfill" }]);
    const { stdout } = await project.command(["backfill", ...range, "--dry-run", "--json"]);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([
      { status: "missed", would: "run" },
      { status: null, would: "run" },
    ]);
    expect((await project.command(["backfill", ...range])).code).toBe(0);
    expect(slots()).toMatchObject([
      { slot: iso(hours(2)), status: "succeeded", attempts: 2 },
      { slot: iso(hours(1)), status: "succeeded", attempts: 1 },
    ]);
  });

  test("nor of one by the pages", async () => {
    make('cron: "@hourly"');
    await once();
    const db = openState(project.folder);
    db.prepare(
      "INSERT INTO slots (schedule, slot, status, \"trigger\", pid, started, boot, updated_at) VALUES ('train', ?, 'running', 'backfill', 999999999, 'x', 'x', '')",
    ).run(iso(hours(1)));
    db.close();
    const { port, token, stop } = await served(project);
    try {
      const body = JSON.stringify({ schedule: "train", from: iso(hours(1)), to: iso(hours(1)) });
      expect(
        (
          await ask(
            port,
            "POST",
            "/api/backfills",
            { "content-type": "application/json", "x-stepbook-token": token, origin: `http://127.0.0.1:${port}` },
            body,
          )
        ).status,
      ).toBe(202);
      await until(() => slots()[0]?.status === "succeeded");
    } finally {
      await stop();
    }
  });

  test("leaves what a scheduler left running to the next scheduler", async () => {
    make('cron: "@hourly"');
    await once();
    const db = openState(project.folder);
    db.prepare(
      "INSERT INTO slots (schedule, slot, status, \"trigger\", pid, started, boot, updated_at) VALUES ('train', ?, 'running', 'cron', 999999999, 'x', 'x', '')",
    ).run(iso(hours(1)));
    db.close();
    expect((await project.command(["backfill", "--from", iso(hours(1)), "--to", iso(hours(1))])).stdout).toContain("nothing to run");
    expect(slots()).toMatchObject([{ status: "running" }]);
  });

  test("runs past slots once each; --dry-run only says", async () => {
    make('cron: "@hourly"');
    await once();
    const range = ["--from", iso(hours(3)), "--to", iso(hours(1))];
    const preview = await project.command(["backfill", ...range, "--dry-run", "--json"]);
    expect(
      preview.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([{ would: "run" }, { would: "run" }, { would: "run" }]);
    expect(slots()).toEqual([]);
    expect((await project.command(["backfill", ...range])).code).toBe(0);
    expect((await project.command(["backfill", ...range, "-j", "2"])).code).toBe(0);
    expect(ran()).toEqual([iso(hours(3)), iso(hours(2)), iso(hours(1))]);
    expect(slots()).toMatchObject([3, 2, 1].map((n) => ({ slot: iso(hours(n)), status: "succeeded", trigger: "backfill", attempts: 1 })));
  });
});

test.each([
  ["cron: 'at noon'", "E_SCHEDULE"],
  ["cron: '@daily', timezone: 'Europe/Atlantis'", "E_SCHEDULE"],
  ["cron: '@daily', overlap: 'maybe'", "E_SCHEDULE"],
  // A timer of Node does not wait so long: it would be over at once.
  ["cron: '@daily', deadline: '30d'", "E_SCHEDULE"],
  ["cron: '@daily', timeZone: 'Europe/Berlin'", 'did you mean \\"timezone\\"?'],
  ["cron: '@daily', onFailure: 'https://alerts.example'", "onFailure is not a function"],
])("{ %s } is refused", async (definition, code) => {
  make(definition);
  const result = await once();
  expect(result.code).toBe(3);
  expect(result.stdout + result.stderr).toContain(code);
});
