/** A byte that flips inside a value is no damage to SQLite: the record's seal tells. */
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { isSound, type SealedRow, sealOf } from "../../src/record/seal.ts";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

function edit(...statements: string[]): void {
  const db = new Database(project.path(".stepbook/state.db"));
  for (const sql of statements) db.exec(sql);
  db.close();
}

const swapped =
  "UPDATE records SET body = replace(body, (SELECT json_extract(body, '$.artifacts.a.digest') FROM records WHERE name = 'a'), (SELECT json_extract(body, '$.artifacts.b.digest') FROM records WHERE name = 'b')) WHERE name = 'a'";

test("a record of which anything was changed is none: its step runs, the run says so, doctor too", async () => {
  project = new TestProject({ "steps/10_a.ts": "export const a = 111;\n", "steps/20_b.ts": "export const b = 222;\n" });
  await project.run();
  const reasons = async () =>
    (await project.run()).events.flatMap((event) =>
      event.type === "step.started"
        ? [`${event.step} ${event.reason.code}`]
        : event.type === "run.warned"
          ? [event.message.replace(/\d+/, "n")]
          : [],
    );
  const warning = "record n, of a, is damaged in .stepbook/state.db: it is not used";
  // The digest of another artifact, which is there and intact.
  edit(swapped);
  expect((await project.command(["doctor", "--json"])).stdout).toContain("of a, is damaged");
  const served = await project.run([], { env: { STEPBOOK_SABOTAGE: "no-record-check" } });
  expect(served.ran, "without the seal it would be served").toEqual([]);
  // A plan that such a run has kept holds the damaged record as it is.
  project.remove(".stepbook/plan");
  expect(await reasons()).toEqual(["10_a record-damaged", warning]);
  expect(await project.value("10_a.a")).toBe(111);
  edit("UPDATE records SET body = '{' WHERE name = 'a'");
  expect(await reasons()).toEqual(["10_a record-damaged", warning, warning]);
  edit(
    "DELETE FROM records WHERE name = 'a' AND id < (SELECT max(id) FROM records)",
    "UPDATE records SET fingerprint = (SELECT fingerprint FROM records WHERE name = 'b') WHERE name = 'a'",
  );
  expect(await reasons()).toEqual(["10_a record-damaged", warning]);
});

test("a state of before there were seals keeps its records", async () => {
  project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
  await project.run();
  edit("ALTER TABLE records DROP COLUMN seal", "PRAGMA user_version = 3");
  expect((await project.run()).ran).toEqual([]);
});

test("any other byte in any column breaks the seal", () => {
  const columns = ["run", "step", "name", "fingerprint", "body"] as const;
  const db = new Database(":memory:");
  const row = fc.record({ run: fc.string(), step: fc.string(), name: fc.string(), fingerprint: fc.string(), body: fc.json() });
  fc.assert(
    fc.property(row, fc.constantFrom(...columns), fc.string(), (written, column, other) => {
      const seal = sealOf(written.run, written.step, written.name, written.fingerprint, written.body);
      const found: SealedRow = { ...written, id: 1, seal, [column]: other };
      return isSound(db, found) === (written[column] === other);
    }),
  );
  db.close();
});
