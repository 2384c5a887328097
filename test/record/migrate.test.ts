import { mkdirSync } from "node:fs";
import Database from "better-sqlite3";
import { afterEach, expect, test } from "vitest";
import { deliverEmbedded } from "../../src/record/deliver.ts";
import { readResultTables } from "../../src/record/experiments.ts";
import { countRecorded, putRow } from "../../src/record/outbox.ts";
import { recoverSlots } from "../../src/record/recover-slots.ts";
import { migrations, schemaVersion } from "../../src/record/schema.ts";
import { backlogOf, dropUnknown, nextDue } from "../../src/record/slots.ts";
import { openState } from "../../src/record/state.ts";
import { plansOf } from "../rig/plans.ts";
import { finished, TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

/** A state as the first version left it, with one row recorded. */
function old(): void {
  project = new TestProject({
    "experiments.sql": "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, accuracy double precision);",
    "steps/10_record.ts": 'import { record } from "stepbook";\nrecord("experiments", { accuracy: 0.5 });\n',
  });
  mkdirSync(project.path(".stepbook"));
  const db = new Database(project.path(".stepbook/state.db"));
  db.exec(migrations[0]!);
  db.exec(
    "INSERT INTO outbox (run, step, table_name, body) VALUES ('r1', '10_record', 'experiments', '{\"experiment_id\":\"r1\",\"accuracy\":0.25}')",
  );
  db.pragma("user_version = 1");
  db.close();
}

function version(): unknown {
  const db = new Database(project.path(".stepbook/state.db"), { readonly: true });
  try {
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    return db.pragma("user_version", { simple: true });
  } finally {
    db.close();
  }
}

test("a state of version 1 is brought to this one, and what it holds is still delivered", async () => {
  old();
  expect((await project.run()).code).toBe(0);
  expect(version()).toBe(schemaVersion);
  const { stdout } = await project.command(["experiments", "--json"]);
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { accuracy: number }).accuracy)
      .sort(),
  ).toEqual([0.25, 0.5]);
  expect(JSON.parse((await project.command(["mirror", "--json"])).stdout)).toMatchObject({ waiting: 2, sent: 0, parked: [] });
});

test("several that open it at once migrate it once", async () => {
  old();
  const all = await Promise.all([1, 2, 3].map(() => finished(project.start(["mirror", "--json"]))));
  expect(
    all.map(({ code }) => code),
    all.map(({ stdout, stderr }) => stdout + stderr).join(),
  ).toEqual([0, 0, 0]);
  expect(version()).toBe(schemaVersion);
});

test("the newest run and those that have not ended are found without reading all of them", () => {
  const db = new Database(":memory:");
  db.function("seal", { varargs: true }, () => null);
  for (const step of migrations) db.exec(step);
  const plan = (query: string) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${query}`)
      .all()
      .map((row) => (row as { detail: string }).detail)
      .join("; ");
  expect(plan("SELECT id FROM runs WHERE status = 'running'")).toContain("runs_open");
  expect(plan("SELECT * FROM runs ORDER BY started_at DESC, id DESC LIMIT 1")).toMatch(/^SCAN runs USING INDEX runs_newest$/);
});

test("a row that is recorded, and a delivery, do not read all that was ever recorded", async () => {
  old();
  await project.run();
  const db = openState(project.folder);
  putRow(db, { run: "r2", step: "10_record" }, "experiments", { experiment_id: "r2", accuracy: 1 });
  try {
    const plans = plansOf(db, () => {
      countRecorded(db, "r1", "experiments");
      deliverEmbedded(db, project.folder, readResultTables(project.folder));
    });
    expect(plans).toEqual([
      expect.stringContaining("outbox_by_run (run=? AND table_name=?)"),
      expect.stringContaining("outbox_to_deliver"),
      expect.stringContaining("INTEGER PRIMARY KEY"),
    ]);
  } finally {
    db.close();
  }
});

test("slots that are due or running are found without reading the ledger", () => {
  old();
  const db = openState(project.folder);
  try {
    const plans = plansOf(db, () => {
      recoverSlots(db);
      nextDue(db, 0);
      backlogOf(db, "train");
      dropUnknown(db, ["train"]);
    });
    const ofSlots = plans.filter((plan) => /\bslots\b/.test(plan));
    expect(ofSlots).toHaveLength(5);
    expect(ofSlots).toEqual(ofSlots.map(() => expect.stringMatching(/^SEARCH slots USING (?:COVERING )?INDEX slots_on_their_way/)));
  } finally {
    db.close();
  }
});
