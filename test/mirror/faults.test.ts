import Database from "better-sqlite3";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openKept } from "../../src/open-kept.ts";
import { ship } from "../../src/mirror/ship.ts";
import { mirrorState, putRow, sendAgain } from "../../src/record/outbox.ts";
import { BlackHole } from "../rig/black-hole.ts";
import { TestPostgres } from "../rig/postgres.ts";
import { finished, TestProject } from "../rig/project.ts";
import { CuttingProxy } from "../rig/proxy.ts";

let postgres: TestPostgres;
let url: string;
let project: TestProject;
let template: TestProject;

/** The first 1,200 rows go by COPY; the others give different columns, so that they go in six statements; some replace others. */
const recording = `import { mirrorTable, record, table } from "stepbook";
for (let i = 0; i < 1500; i++) record("points", { id: i % 1400, n: i, ...(i < 1200 || i % 6 === 0 ? {} : { ["c" + (i % 6)]: i / 7 }) });
mirrorTable("squares", await table(Array.from({ length: 500 }, (_, i) => ({ i, square: i * i }))));
`;

beforeAll(async () => {
  postgres = await TestPostgres.start();
  const columns = [1, 2, 3, 4, 5].map((i) => `c${i} double precision`).join(", ");
  template = new TestProject({
    "experiments.sql": `CREATE TABLE points (id integer PRIMARY KEY, n integer, ${columns});`,
    "steps/10_record.ts": recording,
  });
  const run = await template.run();
  if (run.code !== 0) throw new Error(run.stderr + run.stdout.slice(-2000));
});
afterAll(async () => {
  template.dispose();
  await postgres.dispose();
});
beforeEach(async () => {
  url = await postgres.database();
  project = template;
  const { db } = openKept(project.folder);
  sendAgain(db);
  db.close();
});
afterEach(() => expect(project).toBe(template));

async function equal(): Promise<void> {
  const db = new Database(project.path("data/experiments.db"), { readonly: true });
  const rows = db.prepare("SELECT * FROM points ORDER BY id").all();
  db.close();
  expect(rows).toHaveLength(1400);
  expect(await postgres.query(url, "SELECT * FROM points ORDER BY id")).toEqual(rows);
  expect(await postgres.query(url, "SELECT count(*)::int AS n, count(DISTINCT i)::int AS d, sum(square)::int AS s FROM squares")).toEqual([
    { n: 500, d: 500, s: 41541750 },
  ]);
}

/** Sends until nothing waits; the line may fail as often as it likes. */
async function shipUntilDone(to: string): Promise<number> {
  const { db, store } = openKept(project.folder);
  let failures = 0;
  try {
    while (mirrorState(db).waiting > 0) {
      await ship({ db, store, project: project.folder, url: to, signal: new AbortController().signal }).catch(() => failures++);
    }
    expect(mirrorState(db).parked).toEqual([]);
  } finally {
    db.close();
  }
  return failures;
}

test("the replies to 100 COMMITs are lost: no row is there twice and none is missing", async () => {
  let proxy: CuttingProxy | undefined;
  // A line has three COMMITs: of the tables' shape, of the rows, of the mirrored table. Each kind is hit in turn.
  proxy = await CuttingProxy.open(postgres.port, (commit) => commit === 1 + ((proxy?.cuts ?? 0) % 3));
  const { db, store } = openKept(project.folder);
  try {
    const through = new URL(url);
    through.port = String(proxy.port);
    let failures = 0;
    while (proxy.cuts < 100) {
      sendAgain(db);
      // Now as what was sent before, now as what was recorded anew.
      if (proxy.cuts % 2 === 1) db.prepare("UPDATE outbox SET version = version + 100000").run();
      await ship({ db, store, project: project.folder, url: through.href, signal: new AbortController().signal }).catch(() => failures++);
    }
    expect(failures).toBe(100);
    await shipUntilDone(url);
    await equal();
  } finally {
    db.close();
    proxy.close();
  }
}, 400_000);

test("two senders at once, and a third", async () => {
  const all = await Promise.all([1, 2, 3].map(() => project.command(["mirror", "--now"], { env: { DATABASE_URL: url } })));
  expect(
    all.map(({ code }) => code),
    all.map(({ stdout, stderr }) => stdout + stderr).join(),
  ).toEqual([0, 0, 0]);
  await equal();
});

test("the server is stopped again and again while rows are sent", async () => {
  const sending = shipUntilDone(url);
  for (let round = 0; round < 4; round++) {
    await postgres.stop();
    await postgres.resume();
    const { db } = openKept(project.folder);
    sendAgain(db);
    db.close();
  }
  await sending;
  await shipUntilDone(url);
  await equal();
});

test("an older row that goes late does not undo a newer one of the same key", async () => {
  await shipUntilDone(url);
  const { db, store } = openKept(project.folder);
  const ends = { db, store, project: project.folder, url, signal: new AbortController().signal };
  try {
    const put = (n: number) => {
      putRow(db, { run: "late", step: "10_record" }, "points", { id: 7, n });
      return db.prepare("SELECT max(id) FROM outbox").pluck().get() as number;
    };
    const [older, newer] = [put(-1), put(-2)];
    const here = async () => (await postgres.query(url, "SELECT n FROM points WHERE id = 7"))[0]!["n"];
    // Refused once, say, when the newer one passed: by a note of a batch, then by one of a single key.
    for (let round = 0; round < 2; round++) {
      db.prepare("UPDATE outbox SET mirrored = id <> ?").run(newer);
      await ship(ends);
      expect(await here()).toBe(-2);
      db.prepare("UPDATE outbox SET mirrored = id <> ?").run(older);
      await ship(ends);
      expect(await here()).toBe(-2);
      expect(mirrorState(db).waiting).toBe(0);
    }
  } finally {
    db.prepare("DELETE FROM outbox WHERE run = 'late'").run();
    db.close();
  }
});

test("notes of the first Stepbook, a version a row, are taken over; its senders stop", async () => {
  await shipUntilDone(url);
  await postgres.query(
    url,
    `DROP TABLE stepbook.sent_upto, stepbook.row_versions, stepbook.sent_batches;
    CREATE TABLE stepbook.sent_rows (table_name text, key text, version bigint NOT NULL, PRIMARY KEY (table_name, key));
    INSERT INTO stepbook.sent_rows SELECT 'points', '["' || id || '"]', 9e15 FROM points WHERE id < 10;
    UPDATE points SET n = -1`,
  );
  const { db } = openKept(project.folder);
  sendAgain(db);
  db.close();
  await shipUntilDone(url);
  // What has a newer version stays, the others are sent.
  expect(await postgres.query(url, "SELECT id FROM points WHERE n = -1 ORDER BY id")).toEqual(
    Array.from({ length: 10 }, (_, id) => ({ id })),
  );
  await expect(postgres.query(url, "SELECT * FROM stepbook.sent_rows")).rejects.toThrow("does not exist");
});

test("a sender with an older version does not undo a newer one", async () => {
  await shipUntilDone(url);
  await postgres.query(
    url,
    "UPDATE stepbook.sent_batches SET highest = highest + 1000000, rows = regexp_replace(rows, '\\t1', E'\\t2', 'g'); UPDATE stepbook.row_versions SET version = version + 1000000; UPDATE stepbook.sent_upto SET version = version + 1000000; UPDATE points SET n = -1; UPDATE stepbook.sent_tables SET version = version + 1000000; DELETE FROM squares",
  );
  const { db } = openKept(project.folder);
  sendAgain(db);
  db.close();
  await shipUntilDone(url);
  expect(await postgres.query(url, "SELECT DISTINCT n FROM points")).toEqual([{ n: -1 }]);
  expect(await postgres.query(url, "SELECT * FROM squares")).toEqual([]);
});

test("a server that takes the line and never answers does not hold the run's end", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const { port } = silent.address() as { port: number };
  try {
    const run = await project.run([], { env: { DATABASE_URL: `postgresql://a@127.0.0.1:${port}/b` } });
    expect(run.code).toBe(0);
    const finished = run.events.at(-1)!;
    expect(finished.type).toBe("run.finished");
    expect(run.events.some((event) => event.type === "run.warned" && event.message.includes("wait"))).toBe(true);
  } finally {
    silent.close();
  }
});

/** ms from the end of the last step to the end of the process. */
async function afterTheLastStep(to: string): Promise<number> {
  const child = project.start(["run", "--json", "--force"], { env: { DATABASE_URL: to } });
  let last = 0;
  child.stdout!.on("data", (chunk: Buffer) => chunk.includes('"step.ran"') && (last = performance.now()));
  const { code, stdout } = await finished(child);
  const ms = performance.now() - last;
  expect(code, stdout.slice(-2000)).toBe(0);
  expect(stdout).toMatch(/"run.warned".*nothing is lost/);
  expect(stdout.trimEnd().split("\n").at(-1)).toContain('"run.finished"');
  return ms;
}

describe("a run does not wait for a line that hangs", () => {
  // What is waited for without an answer takes 30 s, so a bound far below that and far above what a run needs tells them apart.
  const bound = 15_000;

  test.each(["password", "pg_advisory_xact_lock", "COPY ", "COMMIT"])("half open from %s on", async (at) => {
    const hole = await BlackHole.open(postgres.port, at === "password" ? "SCRAM-SHA-256" : at);
    try {
      const through = new URL(url);
      through.port = String(hole.port);
      expect(await afterTheLastStep(through.href)).toBeLessThan(bound);
      expect(hole.stuck).toBeGreaterThan(0);
    } finally {
      hole.close();
    }
    await shipUntilDone(url);
  });

  test("the server's processes stopped by SIGSTOP", async () => {
    await shipUntilDone(url);
    const resume = postgres.suspend();
    try {
      expect(await afterTheLastStep(url)).toBeLessThan(bound);
    } finally {
      resume();
    }
    await shipUntilDone(url);
  });
});
