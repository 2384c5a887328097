import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import Database from "better-sqlite3";
import { ship } from "../../src/mirror/ship.ts";
import { openKept } from "../../src/open-kept.ts";
import { TestPostgres, password } from "../rig/postgres.ts";
import { TestProject } from "../rig/project.ts";
import { until } from "../schedule/rig.ts";

let postgres: TestPostgres;
let project: TestProject;
let url: string;

beforeAll(async () => void (postgres = await TestPostgres.start()));
afterAll(async () => postgres.dispose());
beforeEach(async () => void (url = await postgres.database()));
afterEach(() => project.dispose());

const definition = `CREATE TABLE IF NOT EXISTS experiments (
  experiment_id text PRIMARY KEY,
  experiment_datetime timestamptz NOT NULL,
  accuracy double precision,
  folds integer,
  dirty boolean,
  note text
);
COMMENT ON TABLE experiments IS 'One row; it''s a run''s.';
COMMENT ON COLUMN experiments.accuracy IS 'Share; 0 to 1';
`;

const recording = `import { mirrorTable, record, sql } from "stepbook";
record("experiments", { accuracy: 0.9707602339181286, folds: 3, dirty: true, note: "tab\\t, \\"quotes\\", ünï, \\\\N" });
record("experiments", { accuracy: 1e-300, dirty: false, note: null });
const rows = await sql\`SELECT i AS id, i / 7 AS x, i % 2 = 0 AS even, CASE WHEN i % 3 = 0 THEN NULL ELSE 'n,"' || i END AS name,
  TIMESTAMP '2026-03-08 01:02:03.456' + INTERVAL (i) DAY AS at, [i, NULL] AS list, CASE WHEN i = 1 THEN 'nan'::DOUBLE ELSE 0.1::DOUBLE + i END AS y,
  '' AS empty, i::DECIMAL(9, 2) AS price, '\\\\xAB'::BLOB AS bytes FROM range(1000) t(i)\`;
mirrorTable("numbers", rows);
`;

const env = () => ({ DATABASE_URL: url });

/** The embedded table as Postgres would have it: booleans and times are text and numbers in SQLite. */
function embedded(): Record<string, unknown>[] {
  const db = new Database(project.path("data/experiments.db"), { readonly: true });
  try {
    return db.prepare("SELECT * FROM experiments ORDER BY experiment_id").all() as Record<string, unknown>[];
  } finally {
    db.close();
  }
}

/** EXCEPT both ways between the embedded rows and the mirrored ones, asked of Postgres. */
async function differences(): Promise<number> {
  const there = `SELECT experiment_id, experiment_datetime, accuracy, folds, dirty, note FROM experiments`;
  const here = `SELECT experiment_id, experiment_datetime::timestamptz, accuracy, folds, dirty::int::boolean, note
    FROM json_to_recordset($1::json) AS e(experiment_id text, experiment_datetime text, accuracy double precision, folds integer, dirty int, note text)`;
  const [row] = await postgres.query<{ n: string }>(
    url,
    `SELECT (SELECT count(*) FROM (${there} EXCEPT ${here}) a) + (SELECT count(*) FROM (${here} EXCEPT ${there}) b) AS n`,
    [JSON.stringify(embedded())],
  );
  return Number(row!.n);
}

async function status(): Promise<{ sent: number; waiting: number; parked: { reason: string; table: string }[] }> {
  const { stdout } = await project.command(["mirror", "--json"], { env: env() });
  return JSON.parse(stdout) as never;
}

/** A run waits for the mirror only briefly: on a slow machine the rest goes here. */
const settle = () => project.command(["mirror", "--now"], { env: env() });

const fresh = () => (project = new TestProject({ "experiments.sql": definition, "steps/10_record.ts": recording }));

describe("a run with DATABASE_URL", () => {
  test("mirrors experiments and tables, with natural types and comments", async () => {
    fresh();
    const run = await project.run([], { env: env() });
    expect(run.code, run.stderr).toBe(0);
    await settle();
    expect(await status()).toMatchObject({ sent: 3, waiting: 0, parked: [] });
    expect(embedded()).toHaveLength(2);
    expect(await differences()).toBe(0);
    const types = await postgres.query(
      url,
      "SELECT column_name || ' ' || data_type AS c FROM information_schema.columns WHERE table_name = 'numbers' ORDER BY ordinal_position",
    );
    expect(types.map(({ c }) => c)).toEqual([
      "id bigint",
      "x double precision",
      "even boolean",
      "name text",
      "at timestamp without time zone",
      "list jsonb",
      "y double precision",
      "empty text",
      "price numeric",
      "bytes bytea",
    ]);
    const [sums] = await postgres.query(
      url,
      "SELECT count(*)::int AS n, count(name)::int AS named, sum(id)::int AS ids, max(at)::text AS last, count(*) FILTER (WHERE empty = '')::int AS empties, count(*) FILTER (WHERE y = 'NaN')::int AS nans, max(list ->> 0) AS list, sum(price)::text AS price, max(encode(bytes, 'hex')) AS hex, max(name) FILTER (WHERE id = 4) AS quoted FROM numbers",
    );
    expect(sums).toEqual({
      n: 1000,
      named: 666,
      ids: 499500,
      last: "2028-12-01 01:02:03.456",
      empties: 1000,
      nans: 1,
      list: "999",
      price: "499500.00",
      hex: "ab",
      quoted: 'n,"4',
    });
    const comments = await postgres.query(
      url,
      "SELECT obj_description('experiments'::regclass) AS t, col_description('experiments'::regclass, 3) AS c",
    );
    expect(comments).toEqual([{ t: "One row; it's a run's.", c: "Share; 0 to 1" }]);
  });

  test("a column added to experiments.sql is added on both sides", async () => {
    fresh();
    await project.run([], { env: env() });
    project.edit("experiments.sql", "note text\n", "note text,\n  recall double precision,\n  kind text DEFAULT 'plain'\n");
    project.edit("steps/10_record.ts", "folds: 3,", "folds: 3, recall: 0.5,");
    await project.run([], { env: env() });
    await settle();
    expect(
      await postgres.query(
        url,
        "SELECT count(*)::int AS n, count(recall)::int AS r, count(*) FILTER (WHERE kind = 'plain')::int AS k FROM experiments",
      ),
    ).toEqual([{ n: 4, r: 1, k: 4 }]);
    expect(embedded().map((row) => row["kind"])).toEqual(["plain", "plain", "plain", "plain"]);
    expect(embedded().filter((row) => row["recall"] === 0.5)).toHaveLength(1);
  });

  test("views, indexes and grants on a mirrored table stay; readers never see it missing or half", async () => {
    fresh();
    await project.run([], { env: env() });
    await settle();
    await postgres.query(url, "CREATE VIEW evens AS SELECT id FROM numbers WHERE even");
    project.edit("steps/10_record.ts", "range(1000)", "range(50)");
    expect((await project.run([], { env: env() })).code).toBe(0);
    await settle();
    expect(await postgres.query(url, "SELECT count(*)::int AS n FROM evens")).toEqual([{ n: 25 }]);
    project.edit("steps/10_record.ts", "range(50)", "range(1000)");
    await project.run([], { env: env() });
    await settle();
    expect(await postgres.query(url, "SELECT count(*)::int AS n FROM numbers")).toEqual([{ n: 1000 }]);
  });

  test("a grant of a single column stays, too", async () => {
    fresh();
    await project.run([], { env: env() });
    await settle();
    await postgres.query(url, "GRANT SELECT (id) ON numbers TO PUBLIC");
    project.edit("steps/10_record.ts", "range(1000)", "range(50)");
    await project.run([], { env: env() });
    await settle();
    expect(
      await postgres.query(
        url,
        "SELECT (SELECT count(*) FROM numbers)::int AS n, attacl::text AS acl FROM pg_attribute WHERE attrelid = 'numbers'::regclass AND attname = 'id'",
      ),
    ).toEqual([{ n: 50, acl: expect.stringMatching(/=r\//) }]);
  });

  test("numbers that JSON has no word for, in lists and structs, are the texts that Postgres has for them", async () => {
    fresh();
    project.write(
      "steps/10_record.ts",
      `import { mirrorTable, sql } from "stepbook";\nmirrorTable("nested", await sql\`SELECT ['nan'::DOUBLE, 1.5, '-inf'::DOUBLE, -2e-7] AS list, {'a': 'inf'::FLOAT, 'NaN': 'NaN, "Infinity" \\\\', 'b': [1, NULL]} AS s\`);\n`,
    );
    await project.run([], { env: env() });
    await settle();
    expect(await status()).toMatchObject({ waiting: 0, parked: [] });
    expect(await postgres.query(url, "SELECT list, s FROM nested")).toEqual([
      { list: ["NaN", 1.5, "-Infinity", -2e-7], s: { a: "Infinity", NaN: 'NaN, "Infinity" \\', b: [1, null] } },
    ]);
  });

  test("a key that experiments.sql gets later is that of the table, too", async () => {
    fresh();
    project.write(
      "experiments.sql",
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text, experiment_datetime timestamptz, accuracy double precision, folds integer, dirty boolean, note text);\n",
    );
    await project.run([], { env: env() });
    await project.command(["mirror", "--now"], { env: env() });
    expect((await status()).parked).toMatchObject([
      { reason: expect.stringContaining("has no PRIMARY KEY") },
      { reason: expect.stringContaining("has no PRIMARY KEY") },
    ]);
    project.edit("experiments.sql", "experiment_id text,", "experiment_id text PRIMARY KEY,");
    expect((await project.command(["mirror", "--resend"], { env: env() })).code).toBe(0);
    expect(await differences()).toBe(0);
    expect((await project.command(["mirror", "--resend"], { env: env() })).code).toBe(0);
    expect(await postgres.query(url, "SELECT count(*)::int AS n FROM experiments")).toEqual([{ n: 2 }]);
  });

  test("a name that Postgres would cut is refused where it is written", async () => {
    fresh();
    project.edit("experiments.sql", "note text\n", `note text,\n  ${"n".repeat(64)} integer\n`);
    const { code, stderr } = await project.command(["run"]);
    expect(code).toBe(3);
    expect(stderr).toContain("is longer than the 63 bytes");
  });

  test("a table that Stepbook did not make is left alone, and said so", async () => {
    fresh();
    await postgres.query(url, "CREATE TABLE numbers (mine int)");
    await project.command(["run"], { env: env() });
    await settle();
    const { parked } = await status();
    expect(parked).toMatchObject([{ table: "numbers", reason: expect.stringContaining("did not make") }]);
    expect(await postgres.query(url, "SELECT * FROM numbers")).toEqual([]);
    expect(await differences()).toBe(0);
  });
});

describe("a database that is not there", () => {
  test("stopped before the run: it succeeds, says what waits without the password, and sends later", async () => {
    fresh();
    await postgres.stop();
    try {
      const run = await project.run([], { env: env() });
      expect(run.code).toBe(0);
      const warned = run.events.flatMap((event) => (event.type === "run.warned" ? [event.message] : []));
      expect(warned).toEqual([expect.stringContaining("3 rows wait")]);
      expect(run.events.at(-1)?.type).toBe("run.finished");
      const now = await project.command(["mirror", "--now"], { env: env() });
      expect(now.code).toBe(1);
      expect(now.stderr).toContain("E_DATABASE");
      expect(run.stdout + run.stderr + now.stdout + now.stderr).not.toContain(password);
    } finally {
      await postgres.resume();
    }
    expect((await project.command(["mirror", "--now"], { env: env() })).code).toBe(0);
    expect(await differences()).toBe(0);
    expect((await status()).waiting).toBe(0);
  });

  test("a wrong password waits too, and is masked", async () => {
    fresh();
    const wrong = url.replace(password, "Wr0ngPassw0rd");
    const run = await project.command(["run"], { env: { DATABASE_URL: wrong } });
    expect(run.code).toBe(0);
    expect(run.stderr + run.stdout).toContain("authentication failed");
    expect(run.stderr + run.stdout).not.toContain("Wr0ngPassw0rd");
  });

  test("without DATABASE_URL all works, and rows go when it is set", async () => {
    fresh();
    expect((await project.run()).code).toBe(0);
    expect((await project.run([], { env: env() })).code).toBe(0);
    await settle();
    expect(embedded()).toHaveLength(4);
    expect(await differences()).toBe(0);
  });
});

describe("what the database refuses", () => {
  test("is parked after three tries with its reason; the others pass; mended, it goes", async () => {
    fresh();
    await project.run([], { env: env() });
    await settle();
    await postgres.query(url, "ALTER TABLE experiments ADD CONSTRAINT few CHECK (folds IS NULL OR folds < 5)");
    project.edit("steps/10_record.ts", "folds: 3", "folds: 7");
    expect((await project.run([], { env: env() })).code).toBe(0);
    const now = await project.command(["mirror", "--now"], { env: env() });
    expect(now.code).toBe(1);
    expect(now.stdout).toContain('violates check constraint "few"');
    expect(await status()).toMatchObject({ waiting: 0, parked: [{ table: "experiments", reason: expect.stringContaining("23514") }] });
    expect(await postgres.query(url, "SELECT count(*)::int AS n FROM experiments")).toEqual([{ n: 3 }]);
    await postgres.query(url, "ALTER TABLE experiments DROP CONSTRAINT few");
    expect((await project.command(["mirror", "--resend"], { env: env() })).code).toBe(0);
    expect(await differences()).toBe(0);
  });

  test("a value that does not fit its column", async () => {
    fresh();
    project.edit("steps/10_record.ts", "folds: 3", "folds: 2.5");
    await project.run([], { env: env() });
    await project.command(["mirror", "--now"], { env: env() });
    expect((await status()).parked).toMatchObject([{ table: "experiments", reason: expect.stringMatching(/integer.*22P02/) }]);
  });
});

test("a large table that is made ready for Postgres is let go when the mirror is to end", async () => {
  fresh();
  project.write(
    "steps/10_record.ts",
    'import { mirrorTable, sql } from "stepbook";\nmirrorTable("large", await sql`SELECT i, \'row \' || i AS name FROM range(5000000) t(i)`);\n',
  );
  expect((await project.run()).code).toBe(0);
  const { db, store } = openKept(project.folder);
  const abort = new AbortController();
  const drafts = project.path(".stepbook/mirror");
  const written = () =>
    project.has(".stepbook/mirror") &&
    readdirSync(drafts, { recursive: true, encoding: "utf8" }).some(
      (name) => name.endsWith(".csv") && statSync(path.join(drafts, name)).size > 0,
    );
  try {
    const ended = ship({ db, store, project: project.folder, url, signal: abort.signal }).then(
      () => "sent",
      (error: Error) => error.message,
    );
    await until(written);
    abort.abort();
    expect(await ended).toContain("Interrupted");
  } finally {
    db.close();
  }
});

test.each(["numbers", "folds", "experiments"])(
  "%s is held by somebody: all others go, it is said, and it goes when it is let go",
  async (held) => {
    fresh();
    project.write("experiments.sql", `CREATE TABLE IF NOT EXISTS folds (id integer PRIMARY KEY);\n${definition}`);
    project.write(
      "steps/10_record.ts",
      recording.replace("record(", 'record("folds", { id: 1 });\nrecord(').concat('mirrorTable("others", rows);\n'),
    );
    await project.run([], { env: env() });
    await settle();
    project.edit("steps/10_record.ts", "range(1000)", "range(50)");
    project.edit("steps/10_record.ts", "{ id: 1 }", "{ id: 2 }");
    await project.run();
    const letGo = await postgres.hold(url, `LOCK TABLE ${held}`);
    const counts = async () => {
      const known = (
        await postgres.query<{ name: string }>(
          url,
          "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
        )
      )
        .map(({ name }) => name)
        .filter((name) => name !== held);
      return Promise.all(known.map(async (name) => [name, (await postgres.query(url, `SELECT count(*)::int AS n FROM ${name}`))[0]!["n"]]));
    };
    const all = { experiments: 4, folds: 2, numbers: 50, others: 50 };
    try {
      const { code, stderr } = await settle();
      expect(code).toBe(1);
      expect(stderr).toContain(
        `somebody else holds ${held === "experiments" ? "the results tables" : held}: canceling statement due to lock timeout (55P03)`,
      );
      const { [held as keyof typeof all]: _, ...others } = all;
      // While the shape of the results tables cannot be looked after, none of their rows go.
      if (held === "experiments") expect(Object.fromEntries(await counts())).toEqual({ ...others, folds: 1 });
      else expect(Object.fromEntries(await counts())).toEqual(others);
    } finally {
      await letGo();
    }
    expect((await settle()).code).toBe(0);
    const [left] = await postgres.query(url, `SELECT count(*)::int AS n FROM ${held}`);
    expect(left).toEqual({ n: all[held as keyof typeof all] });
  },
);

test("a database restored from an old backup is made whole by --resend", async () => {
  fresh();
  await project.run();
  await project.run();
  await settle();
  await postgres.query(
    url,
    "DELETE FROM experiments WHERE note IS NULL; UPDATE experiments SET accuracy = 0; DROP TABLE numbers; DELETE FROM stepbook.sent_batches; DELETE FROM stepbook.sent_upto",
  );
  expect(await differences()).not.toBe(0);
  expect((await project.command(["mirror", "--resend"], { env: env() })).code).toBe(0);
  expect(await differences()).toBe(0);
  expect(await postgres.query(url, "SELECT count(*)::int AS n FROM numbers")).toEqual([{ n: 1000 }]);
});
