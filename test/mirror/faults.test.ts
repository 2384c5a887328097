import Database from "better-sqlite3";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openKept } from "../../src/engine.ts";
import { ship } from "../../src/mirror/ship.ts";
import { mirrorState, sendAgain } from "../../src/record/outbox.ts";
import { TestPostgres } from "../rig/postgres.ts";
import { TestProject } from "../rig/project.ts";
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
  template = new TestProject({ "experiments.sql": `CREATE TABLE IF NOT EXISTS points (id integer PRIMARY KEY, n integer, ${columns});`, "steps/10_record.ts": recording });
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
  expect(await postgres.query(url, "SELECT count(*)::int AS n, count(DISTINCT i)::int AS d, sum(square)::int AS s FROM squares")).toEqual([{ n: 500, d: 500, s: 41541750 }]);
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
  let nth = 0;
  let proxy: CuttingProxy | undefined;
  // Each line is let through to a later COMMIT than the one before, so that each kind of COMMIT is hit.
  proxy = await CuttingProxy.open(postgres.port, (commit) => (proxy?.cuts ?? 0) < 100 && commit === 1 + (nth++ % 5));
  try {
    const through = new URL(url);
    through.port = String(proxy.port);
    let failures = 0;
    const { db } = openKept(project.folder);
    while (proxy.cuts < 100) {
      sendAgain(db);
      failures += await shipUntilDone(through.href);
    }
    db.close();
    await shipUntilDone(through.href);
    expect(failures).toBeGreaterThanOrEqual(100);
    await equal();
  } finally {
    proxy.close();
  }
}, 400_000);

test("two senders at once, and a third", async () => {
  const all = await Promise.all([1, 2, 3].map(() => project.command(["mirror", "--now"], { env: { DATABASE_URL: url } })));
  expect(all.map(({ code }) => code), all.map(({ stderr }) => stderr).join()).toEqual([0, 0, 0]);
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

test("a sender with an older version does not undo a newer one", async () => {
  await shipUntilDone(url);
  await postgres.query(url, "UPDATE stepbook.sent_batches SET highest = highest + 1000000, rows = regexp_replace(rows, '\\t1', E'\\t2', 'g'); UPDATE stepbook.row_versions SET version = version + 1000000; UPDATE stepbook.sent_upto SET version = version + 1000000; UPDATE points SET n = -1; UPDATE stepbook.sent_tables SET version = version + 1000000; DELETE FROM squares");
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
