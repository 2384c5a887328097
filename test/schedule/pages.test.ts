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

/** As if the schedules had last been looked at this long ago. */
function away(ms: number): void {
  const db = new Database(project.path(".stepbook/state.db"));
  db.prepare("UPDATE schedules SET seen = ?").run(Date.now() - ms);
  db.close();
}

function slots(): SlotRow[] {
  const db = new Database(project.path(".stepbook/state.db"), { readonly: true });
  const rows = db.prepare("SELECT * FROM slots ORDER BY slot").all() as SlotRow[];
  db.close();
  return rows;
}

test("Cancel ends the run of a slot for good: it has failed, is told, and is not tried again", async () => {
  project = scheduled(
    'train: { cron: "0 0 * * *", catchUp: "latest", retries: 3, retryDelay: 10, onFailure: ({ reason }) => console.log("told: " + reason) }',
    { "steps/10_a.ts": 'console.log("it hangs");\nawait new Promise((resolve) => setTimeout(resolve, 600_000));\n' },
  );
  const scheduler = new Scheduled(project, ["--port", "0"]);
  started.push(scheduler);
  const port = await scheduler.port();
  const cancel = () =>
    ask(
      port,
      "POST",
      "/api/runs/current/cancel",
      {
        "content-type": "application/json",
        origin: `http://127.0.0.1:${port}`,
        "x-stepbook-token": project.read(".stepbook/ui-token").trim(),
      },
      "{}",
    );
  expect((await cancel()).status).toBe(404);
  away(24 * 60 * 60_000);
  await scheduler.says("it hangs");
  expect((await ask(port, "GET", "/")).body).toContain('data-act="cancel"');
  expect(await cancel()).toMatchObject({ status: 202 });
  await until(() => slots()[0]?.status !== "running");
  expect(slots()).toMatchObject([{ status: "failed", reason: "its run was cancelled", attempts: 1 }]);
  await scheduler.says("told: its run was cancelled");
  expect((await ask(port, "GET", "/runs")).body).toContain("cancelled");
  expect((await cancel()).status).toBe(404);
});
