import { utimesSync } from "node:fs";
import { createServer } from "node:net";
import Database from "better-sqlite3";
import { afterEach, expect, test } from "vitest";
import type { TestProject } from "../rig/project.ts";
import { ask, served } from "../serve/rig.ts";
import { Scheduled, scheduled, until } from "./rig.ts";

let project: TestProject;
const started: Scheduled[] = [];
afterEach(async () => {
  for (const each of started.splice(0)) await each.end("SIGKILL");
  project.dispose();
});

function start(words: readonly string[] = ["--port", "0"], env: NodeJS.ProcessEnv = {}): Scheduled {
  const scheduler = new Scheduled(project, words, env);
  started.push(scheduler);
  return scheduler;
}

async function health(port: number, path = "/healthz"): Promise<{ status: number; body: Record<string, unknown> }> {
  const { status, body } = await ask(port, "GET", path);
  return { status, body: JSON.parse(body) as Record<string, unknown> };
}

const quiet = 'train: { cron: "@yearly" }';

test("a dead or silent scheduler is unhealthy at the first question, whoever is asked", async () => {
  project = scheduled(quiet, { "steps/10_a.ts": "export const a = 1;\n" });
  const first = start();
  const [port, pages] = [await first.port(), await served(project)];
  expect(await health(port)).toMatchObject({
    status: 200,
    body: { status: "healthy", reason: null, scheduler: { pid: first.child.pid, here: true } },
  });
  expect(await health(pages.port)).toMatchObject({ status: 200, body: { scheduler: { pid: first.child.pid, here: false } } });
  expect((await ask(port, "GET", "/")).body).toContain("10_a");

  // As a loop that hangs: its last look lies a minute back.
  first.child.kill("SIGSTOP");
  const before = new Date(Date.now() - 60_000);
  utimesSync(project.path(".stepbook/scheduler-beat"), before, before);
  expect(await health(pages.port)).toMatchObject({
    status: 503,
    body: { status: "unhealthy", reason: expect.stringMatching(/has not looked at its slots for 6\d s/) },
  });
  first.child.kill("SIGCONT");
  await until(async () => (await health(pages.port)).status === 200);

  await first.end("SIGKILL");
  expect(await health(pages.port)).toMatchObject({ status: 503, body: { reason: expect.stringContaining(`process ${first.child.pid}`) } });
  expect((await health(pages.port)).body["reason"]).toContain("is dead");
  expect((await ask(pages.port, "GET", "/metrics")).body).toContain("stepbook_healthy 0\n");

  const second = start();
  await until(async () => (await health(pages.port)).status === 200);
  expect(await second.end()).toBe(0);
  // Ended in order, so nothing is expected of it any more.
  expect(await health(pages.port)).toMatchObject({ status: 200, body: { scheduler: null } });
  await pages.stop();
});

test("not ready where the state cannot be written, and while it drains", async () => {
  project = scheduled('train: { cron: "* * * * *" }', {
    "steps/10_a.ts":
      'console.log("it hangs");\nprocess.on("SIGTERM", () => {});\nawait new Promise((resolve) => setTimeout(resolve, 600_000));\n',
  });
  const scheduler = start();
  const port = await scheduler.port();
  expect(await health(port, "/readyz")).toMatchObject({ status: 200, body: { ready: true, reason: null } });
  const db = new Database(project.path(".stepbook/state.db"));
  db.exec("BEGIN IMMEDIATE");
  expect(await health(port, "/readyz")).toMatchObject({ status: 503, body: { ready: false, reason: expect.stringContaining("locked") } });
  db.exec("ROLLBACK");
  db.prepare("UPDATE schedules SET seen = ?").run(Date.now() - 59_000);
  db.close();
  await scheduler.says("it hangs");
  expect(await health(port, "/readyz")).toMatchObject({ status: 200, body: { runner: { pid: scheduler.child.pid } } });
  // The pages show the run of the schedule while it goes on.
  expect((await ask(port, "GET", "/runs")).body).toContain("running");
  scheduler.child.kill("SIGTERM");
  await scheduler.says("stopping");
  expect(await health(port, "/readyz")).toMatchObject({ status: 503, body: { reason: expect.stringContaining("told to end") } });
  expect(await health(port)).toMatchObject({ status: 200 });
  expect(await scheduler.end()).toBe(0);
});

test("beyond loopback probes need no token and all else does; only known names are answered", async () => {
  project = scheduled(quiet, { "steps/10_a.ts": "export const a = 1;\n" });
  const scheduler = start([], { PORT: "0", STEPBOOK_HOST: "0.0.0.0", STEPBOOK_HOSTS: "scheduler:9090, book.example" });
  const port = await scheduler.port();
  const token = project.read(".stepbook/ui-token").trim();
  expect(scheduler.text).not.toContain(token);
  for (const probe of ["/healthz", "/readyz", "/metrics"]) {
    expect((await ask(port, "GET", probe)).status, probe).toBe(200);
    expect((await ask(port, "HEAD", probe)).status, probe).toBe(200);
    expect((await ask(port, "POST", probe, { "content-type": "application/json" }, "{}")).status, probe).toBe(401);
    expect((await ask(port, "GET", probe, { host: "scheduler:9090" })).status, probe).toBe(200);
    expect((await ask(port, "GET", probe, { host: `book.example:${port}` })).status, probe).toBe(200);
    expect((await ask(port, "GET", probe, { host: "evil.example" })).status, probe).toBe(421);
    expect((await ask(port, "GET", probe)).body, probe).not.toContain(token);
  }
  for (const path of ["/", "/runs", "/healthz/", "/healthz/x", "/metricsx", "/nowhere"])
    expect((await ask(port, "GET", path)).status, path).toBe(401);
  expect((await ask(port, "GET", "/runs", { "x-stepbook-token": token })).status).toBe(200);
  expect(await scheduler.end()).toBe(0);
});

test("a port that is taken does not keep the schedule from its work; the pages come when it is free", async () => {
  project = scheduled('train: { cron: "* * * * *" }', { "steps/10_a.ts": "export const a = 1;\n" });
  const holder = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => holder.once("listening", resolve));
  const { port } = holder.address() as { port: number };
  const scheduler = start(["--port", String(port)]);
  await scheduler.says(`no pages: port ${port} is taken`);
  const db = new Database(project.path(".stepbook/state.db"));
  db.prepare("UPDATE schedules SET seen = ?").run(Date.now() - 59_000);
  db.close();
  await scheduler.says(": succeeded");
  await new Promise((resolve) => holder.close(resolve));
  expect(await scheduler.port()).toBe(port);
  expect((await health(port)).status).toBe(200);
  expect(await scheduler.end()).toBe(0);
});

test.each([
  [["--port", "x"], "E_USAGE"],
  [["--nonsense"], "E_USAGE"],
  [["--log", "xml"], "E_USAGE"],
])("%s is refused", async (words, code) => {
  project = scheduled(quiet);
  const scheduler = start(words);
  await scheduler.says(code);
  await until(() => scheduler.child.exitCode !== null);
  expect(scheduler.child.exitCode).toBe(2);
});

/** Sample name with its labels → value; every line must be of the format. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  let family = "";
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE ([a-z_]+) (?:counter|gauge|histogram)$/.exec(line);
    if (type) family = type[1]!;
    if (line.startsWith("#")) {
      expect(line).toMatch(/^# (?:HELP [a-z_]+ .+|TYPE [a-z_]+ (?:counter|gauge|histogram))$/);
      continue;
    }
    const sample = /^([a-z_]+)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})?) (\S+)$/.exec(line);
    expect(sample, line).not.toBeNull();
    expect(sample![1]!.startsWith(family), line).toBe(true);
    expect(Number.isFinite(Number(sample![3])), line).toBe(true);
    samples.set(sample![1]! + sample![2]!, Number(sample![3]));
  }
  return samples;
}

test("metrics are what is in the state; buckets add up", async () => {
  project = scheduled('train: { cron: "* * * * *", catchUp: "none" }', {
    "experiments.sql":
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, x integer);\n",
    "steps/10_a.ts": 'import { sql } from "stepbook";\nexport const a = await sql`SELECT 1 AS x`;\n',
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a.count;\n',
    "steps/30_c.ts":
      'import { record, param } from "stepbook";\nimport { b } from "./20_b.ts";\nconst wrong = param("wrong", false);\nif (wrong) throw new Error("no");\nrecord("experiments", { x: b });\n',
  });
  await project.run();
  await project.run();
  await project.run(["-p", "wrong=true"]);
  const scheduler = start();
  const port = await scheduler.port();
  const db = new Database(project.path(".stepbook/state.db"));
  db.prepare(
    "INSERT INTO slots (schedule, slot, status, \"trigger\", updated_at) VALUES ('old \"one\"\\', '2020-01-01T00:00:00.000Z', 'missed', 'cron', ''), ('later', '2020-01-01T00:00:00.000Z', 'due', 'cron', '')",
  ).run();
  const metrics = parse((await ask(port, "GET", "/metrics")).body);
  const value = (name: string) => metrics.get(name);
  expect(value('stepbook_runs_total{status="succeeded",trigger="manual"}')).toBe(2);
  expect(value('stepbook_runs_total{status="failed",trigger="manual"}')).toBe(1);
  expect([...metrics].filter(([name]) => name.startsWith("stepbook_steps_total"))).toEqual([
    ['stepbook_steps_total{status="cached"}', 4],
    ['stepbook_steps_total{status="failed"}', 1],
    ['stepbook_steps_total{status="ran"}', 4],
  ]);
  expect(value("stepbook_step_attempts_total")).toBe(5);
  expect(value("stepbook_last_run_reuse_ratio")).toBeCloseTo(2 / 3);
  expect(value("stepbook_run_duration_seconds_count")).toBe(3);
  const taken = db
    .prepare("SELECT sum(ms) / 1000.0 FROM run_steps WHERE step = '30_c' AND status IN ('ran', 'failed')")
    .pluck()
    .get() as number;
  expect(value('stepbook_step_duration_seconds_sum{step="30_c"}')).toBeCloseTo(taken);
  const buckets = [...metrics].filter(([name]) => name.startsWith('stepbook_step_duration_seconds_bucket{step="30_c"')).map(([, n]) => n);
  expect(buckets).toHaveLength(13);
  expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
  expect(buckets.at(-1)).toBe(3);
  expect(value('stepbook_step_duration_seconds_count{step="30_c"}')).toBe(3);
  expect(value('stepbook_slots_total{schedule="old \\"one\\"\\\\",status="missed"}')).toBe(1);
  expect([value('stepbook_slots_due{schedule="later"}'), value("stepbook_slots_late")]).toEqual([1, 1]);
  expect([value("stepbook_outbox_waiting"), value("stepbook_outbox_parked")]).toEqual([2, 0]);
  expect(value("stepbook_outbox_oldest_age_seconds")).toBeGreaterThan(0);
  expect([value("stepbook_healthy"), value("stepbook_scheduler_leads")]).toEqual([1, 1]);
  db.close();
  await project.run();
  expect(parse((await ask(port, "GET", "/metrics")).body).get('stepbook_runs_total{status="succeeded",trigger="manual"}')).toBe(3);
  expect(await scheduler.end()).toBe(0);
});
