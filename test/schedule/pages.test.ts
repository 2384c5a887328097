import { once } from "node:events";
import { createServer } from "node:net";
import Database from "better-sqlite3";
import { afterEach, expect, test } from "vitest";
import type { SlotRow } from "../../src/record/slots.ts";
import type { TestProject } from "../rig/project.ts";
import { ask } from "../serve/rig.ts";
import { Scheduled, scheduled, until } from "./rig.ts";

let project: TestProject;
const started: Scheduled[] = [];
afterEach(async () => {
  for (const each of started.splice(0)) await each.end("SIGKILL");
  project.dispose();
});

/** As if the schedules had last been looked at this long ago: all, or those with a name such as this. */
function away(ms: number, name = "%"): void {
  const db = new Database(project.path(".stepbook/state.db"));
  db.prepare("UPDATE schedules SET seen = ? WHERE name LIKE ?").run(Date.now() - ms, name);
  db.close();
}

function slots(): SlotRow[] {
  const db = new Database(project.path(".stepbook/state.db"), { readonly: true });
  const rows = db.prepare("SELECT * FROM slots ORDER BY slot").all() as SlotRow[];
  db.close();
  return rows;
}

function act(port: number, address: string, body: object = {}): ReturnType<typeof ask> {
  const token = project.read(".stepbook/ui-token").trim();
  const headers = { "content-type": "application/json", origin: `http://127.0.0.1:${port}`, "x-stepbook-token": token };
  return ask(port, "POST", address, headers, JSON.stringify(body));
}

test("Cancel ends the run of a slot for good: it has failed, is told, and is not tried again", async () => {
  project = scheduled(
    'train: { cron: "0 0 * * *", catchUp: "latest", retries: 3, retryDelay: 10, onFailure: ({ reason }) => console.log("told: " + reason) }',
    { "steps/10_a.ts": 'console.log("it hangs");\nawait new Promise((resolve) => setTimeout(resolve, 600_000));\n' },
  );
  const scheduler = new Scheduled(project, ["--port", "0"]);
  started.push(scheduler);
  const port = await scheduler.port();
  const cancel = () => act(port, "/api/runs/current/cancel");
  expect((await cancel()).status).toBe(404);
  away(24 * 60 * 60_000);
  await scheduler.says("it hangs");
  expect((await ask(port, "GET", "/")).body).toContain('data-act="cancel"');
  const { status, body } = await act(port, "/api/runs");
  expect([status, JSON.parse(body)]).toEqual([
    409,
    expect.objectContaining({ detail: "a run goes on", remedy: "wait for it, or cancel it" }),
  ]);
  expect(await cancel()).toMatchObject({ status: 202 });
  await until(() => slots()[0]?.status !== "running");
  expect(slots()).toMatchObject([{ status: "failed", reason: "its run was cancelled", attempts: 1 }]);
  await scheduler.says("told: its run was cancelled");
  expect((await ask(port, "GET", "/runs")).body).toContain("cancelled");
  expect((await cancel()).status).toBe(404);
});

test("Cancel ends what goes on, and not the backfill that waits for it", async () => {
  project = scheduled('train: { cron: "0 0 * * *", catchUp: "latest" }', {
    "steps/10_a.ts":
      'import { run } from "stepbook";\nconsole.log("it hangs for", run.logicalDate);\nawait new Promise((resolve) => setTimeout(resolve, 600_000));\n',
  });
  const scheduler = new Scheduled(project, ["--port", "0"]);
  started.push(scheduler);
  const port = await scheduler.port();
  await scheduler.says("scheduling");
  away(24 * 60 * 60_000);
  await scheduler.says("it hangs");
  const backfill = act(port, "/api/backfills", { schedule: "train", from: "2026-01-01", to: "2026-01-01" });
  await until(() => slots().length === 2);
  expect((await act(port, "/api/runs/current/cancel")).status).toBe(202);
  expect((await backfill).status).toBe(202);
  await until(() => slots()[1]?.status !== "running");
  expect(slots()).toMatchObject([{ status: "running" }, { status: "failed", reason: "its run was cancelled" }]);
  expect((await act(port, "/api/runs/current/cancel")).status).toBe(202);
  await until(() => slots()[0]?.status !== "running");
  expect(slots()[0]).toMatchObject({ status: "missed", reason: "its backfill was interrupted" });
});

test("a run that begins while the one before it still waits for the mirror is live on the pages to its end", async () => {
  // It takes what is said and never answers, so that the end of a run is told late.
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port: deaf } = silent.address() as { port: number };
  const first = Array.from({ length: 14 }, (_, index) => `${10 + index}_quick`);
  project = scheduled(
    `first: { cron: "0 0 * * *", catchUp: "latest", steps: ["30_record"] }, second: { cron: "0 0 * * *", catchUp: "latest", steps: ["90_hang"] }`,
    {
      "experiments.sql":
        "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, score double precision);\n",
      ...Object.fromEntries(
        first.map((step) => [`steps/${step}.ts`, `export const config = { isolation: "shared" };\nexport const quick = 1;\n`]),
      ),
      "steps/30_record.ts": `${first.map((step) => `import "./${step}.ts";\n`).join("")}import { existsSync } from "node:fs";\nimport { record } from "stepbook";\nconsole.log("it waits for go");\nwhile (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));\nrecord("experiments", { score: 1 });\n`,
      "steps/90_hang.ts": 'console.log("it hangs");\nawait new Promise((resolve) => setTimeout(resolve, 600_000));\n',
    },
  );
  const scheduler = new Scheduled(project, ["--port", "0"], { DATABASE_URL: `postgresql://a@127.0.0.1:${deaf}/b` });
  started.push(scheduler);
  try {
    const port = await scheduler.port();
    away(24 * 60 * 60_000, "first");
    await scheduler.says("it waits for go");
    away(24 * 60 * 60_000, "second");
    await scheduler.says("waits for another runner");
    project.write("go", "");
    await scheduler.says("it hangs");
    await until(() => slots().some(({ status }) => status === "succeeded"));
    expect((await ask(port, "GET", "/")).body).toContain('data-act="cancel"');
  } finally {
    silent.close();
  }
});
