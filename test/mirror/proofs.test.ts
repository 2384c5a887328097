import { cpSync, symlinkSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openKept } from "../../src/open-kept.ts";
import { ship } from "../../src/mirror/ship.ts";
import { deliverEmbedded } from "../../src/record/deliver.ts";
import { readResultTables } from "../../src/record/experiments.ts";
import { mirrorState, putRow, sendAgain } from "../../src/record/outbox.ts";
import { root } from "../rig/build.ts";
import { TestPostgres } from "../rig/postgres.ts";
import { finished, TestProject } from "../rig/project.ts";
import { until } from "../schedule/rig.ts";

let postgres: TestPostgres;
beforeAll(async () => void (postgres = await TestPostgres.start()));
afterAll(async () => postgres.dispose());

/** EXCEPT both ways, by Postgres and with its types, between its table and rows of the embedded one. */
async function differences(
  url: string,
  table: string,
  rows: readonly object[],
): Promise<{ missing: number; extra: number; there: number }> {
  const here = `SELECT * FROM json_populate_recordset(null::${table}, $1::json)`;
  const [found] = await postgres.query<{ missing: number; extra: number; there: number }>(
    url,
    `SELECT (SELECT count(*)::int FROM (${here} EXCEPT TABLE ${table}) a) AS missing, (SELECT count(*)::int FROM (TABLE ${table} EXCEPT ${here}) b) AS extra, (SELECT count(*)::int FROM ${table}) AS there`,
    [JSON.stringify(rows)],
  );
  return found!;
}

function embedded(project: TestProject, table: string): object[] {
  const db = new Database(project.path("data/experiments.db"), { readonly: true });
  try {
    return db.prepare(`SELECT * FROM ${table}`).all() as object[];
  } finally {
    db.close();
  }
}

test("the shipped pipeline: equal both ways, with Postgres up, stopped before, in and long after a run", async () => {
  const project = new TestProject();
  try {
    for (const name of ["steps", "lib", "data/dataset.csv", "experiments.sql", "package.json"])
      cpSync(path.join(root, name), project.path(name), { recursive: true });
    symlinkSync(path.join(root, "node_modules"), project.path("node_modules"));
    project.write(
      "steps/60_mirror.ts",
      'import { mirrorTable } from "stepbook";\nimport { dataset } from "./10_fetch.ts";\nmirrorTable("patients", dataset);\nexport const patients = dataset;\n',
    );
    const url = await postgres.database();
    const env = { DATABASE_URL: url };
    const equal = async (runs: number) => {
      expect((await project.command(["mirror", "--now"], { env })).code).toBe(0);
      expect(await differences(url, "experiments", embedded(project, "experiments"))).toEqual({ missing: 0, extra: 0, there: runs });
      const { stdout } = await project.command(["show", "60_mirror.patients", "--json"]);
      const patients = (JSON.parse(stdout) as { rows: object[] }).rows;
      expect(patients).toHaveLength(569);
      expect(await differences(url, "patients", patients)).toEqual({ missing: 0, extra: 0, there: 569 });
    };

    expect((await project.run([], { env })).code).toBe(0);
    await equal(1);

    await postgres.stop();
    expect((await project.run(["--force"], { env })).code).toBe(0);
    await postgres.resume();
    await equal(2);

    const child = project.start(["run", "--json", "--force"], { env });
    const ended = finished(child);
    await new Promise<void>((resolve) => child.stdout!.on("data", (chunk: Buffer) => chunk.includes('"step.ran"') && resolve()));
    await postgres.stop();
    expect((await ended).code).toBe(0);
    // Long after: several runs later it is still away.
    for (let more = 0; more < 2; more++) expect((await project.run([], { env })).code).toBe(0);
    await postgres.resume();
    await equal(5);
    // The comparison does see a difference.
    await postgres.query(
      url,
      "UPDATE experiments SET cv_accuracy = cv_accuracy + 1e-9 WHERE experiment_id = (SELECT min(experiment_id) FROM experiments); DELETE FROM patients WHERE id = (SELECT min(id) FROM patients)",
    );
    expect(await differences(url, "experiments", embedded(project, "experiments"))).toMatchObject({ missing: 1, extra: 1 });
  } finally {
    project.dispose();
  }
}, 400_000);

const restarts = Number(process.env["STEPBOOK_MIRROR_RESTARTS"] ?? 3);
const count = Number(process.env["STEPBOOK_MIRROR_ROWS"] ?? 50_000);
/** A tenth of the rows replaces others; 7919 is prime, so that no order is to be seen. */
const keys = count * 0.9;

test(`${count} rows, two senders at once, the server stopped ${restarts} times while they go`, async () => {
  const project = new TestProject({
    "experiments.sql":
      "CREATE TABLE IF NOT EXISTS points (id integer PRIMARY KEY, n bigint, x double precision, name text, odd boolean, at timestamptz);\n",
    "steps/10_a.ts": "export const a = 1;\n",
  });
  const url = await postgres.database();
  const first = openKept(project.folder);
  try {
    // Each key twice and in any order: the newer one counts.
    first.db.transaction(() => {
      for (let i = 0; i < count; i++) {
        const id = (i * 7919) % keys;
        putRow(first.db, { run: "r", step: "s" }, "points", {
          id,
          n: BigInt(i) * 1_000_003n,
          x: Math.sqrt(i) / 3,
          name: i % 11 === 0 ? null : `tab\t\\${i}\n"ü"`,
          odd: i % 2 === 1,
          at: new Date(1.7e12 + i * 1000).toISOString(),
        });
      }
    })();
    deliverEmbedded(first.db, project.folder, readResultTables(project.folder));
    const rows = embedded(project, "points");
    expect(rows).toHaveLength(keys);

    let stopped = 0;
    let failures = 0;
    const send = async (): Promise<void> => {
      const { db, store } = openKept(project.folder);
      try {
        while (stopped < restarts || mirrorState(db).waiting > 0) {
          await ship({ db, store, project: project.folder, url, signal: new AbortController().signal }).catch(() => failures++);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        db.close();
      }
    };
    const sending = Promise.all([send(), send()]);
    for (; stopped < restarts; stopped++) {
      // The first batch has gone, the others are on their way.
      sendAgain(first.db);
      await until(() => mirrorState(first.db).sent > 0);
      await postgres.stop();
      await postgres.resume();
    }
    await sending;
    expect(failures).toBeGreaterThan(0);
    expect(mirrorState(first.db)).toMatchObject({ sent: count, waiting: 0, parked: [] });
    expect(await differences(url, "points", rows)).toEqual({ missing: 0, extra: 0, there: keys });
  } finally {
    first.db.close();
    project.dispose();
  }
}, 400_000);
