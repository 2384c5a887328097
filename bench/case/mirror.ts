import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import copyStreams from "pg-copy-streams";
import { openKept } from "../../src/open-kept.ts";
import { ship } from "../../src/mirror/ship.ts";
import { mirrorState, putRow } from "../../src/record/outbox.ts";
import type { Db } from "../../src/record/state.ts";
import { TestPostgres } from "../../test/rig/postgres.ts";
import type { Comparison, Contender, Prepared } from "../comparison.ts";
import { throughput } from "../goals.ts";
import type { Site } from "../site.ts";

const definition =
  "CREATE TABLE IF NOT EXISTS points (id text PRIMARY KEY, at timestamptz NOT NULL, n integer, x double precision, y double precision, name text, odd boolean)";
const columns = ["id", "at", "n", "x", "y", "name", "odd"];
const updates = columns
  .slice(1)
  .map((name) => `${name} = excluded.${name}`)
  .join(", ");

type Point = Record<string, string | number | boolean>;
const point = (i: number): Point => ({
  id: `run-${i}`,
  at: new Date(1.7e12 + i * 1000).toISOString(),
  n: i,
  x: Math.sqrt(i),
  y: i / 7,
  name: `point ${i}`,
  odd: i % 2 === 1,
});

async function singles(client: pg.Client, points: readonly Point[]): Promise<void> {
  const text = `INSERT INTO points (${columns.join(", ")}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET ${updates}`;
  await client.query("BEGIN");
  for (const each of points) await client.query({ name: "single", text, values: columns.map((name) => each[name]) });
  await client.query("COMMIT");
}

/** What is sent is text already, in large pieces. */
function copied(client: pg.Client, table: string, pieces: readonly string[]): Promise<void> {
  return pipeline(Readable.from(pieces), client.query(copyStreams.from(`COPY ${table} (${columns.join(", ")}) FROM STDIN`)));
}

async function copiedAndUpserted(client: pg.Client, pieces: readonly string[]): Promise<void> {
  await client.query("BEGIN");
  await client.query("CREATE TEMPORARY TABLE raw (LIKE points) ON COMMIT DROP");
  await copied(client, "raw", pieces);
  await client.query(`INSERT INTO points SELECT * FROM raw ON CONFLICT (id) DO UPDATE SET ${updates}`);
  await client.query("COMMIT");
}

/** All are recorded again, so that they wait as what has never been sent. */
function recordAgain(db: Db): void {
  db.prepare("UPDATE outbox SET mirrored = 0, version = version + 1000000000").run();
}

async function prepare(site: Site, count: number): Promise<Prepared> {
  const points = Array.from({ length: count }, (_, i) => point(i));
  const lines = points.map((each) => `${columns.map((name) => each[name]).join("\t")}\n`);
  const pieces = Array.from({ length: Math.ceil(count / 250) }, (_, at) => lines.slice(at * 250, at * 250 + 250).join(""));
  const project = site.project(`mirror-${count}`, { "experiments.sql": `${definition};\n`, "steps/10_a.ts": "export const a = 1;\n" });
  const postgres = await TestPostgres.start();
  const url = await postgres.database();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(definition);
  const { db, store } = openKept(project);
  db.transaction(() => points.forEach((each) => putRow(db, { run: "r", step: "s" }, "points", each)))();
  const mirrored = () => ship({ db, store, project, url, signal: new AbortController().signal });
  await mirrored();

  const turn = (way: () => Promise<unknown>) => async () => {
    await client.query("TRUNCATE points");
    const started = performance.now();
    await way();
    const ms = performance.now() - started;
    const { rows } = await client.query<{ n: number }>("SELECT count(*)::int AS n FROM points");
    if (rows[0]!.n !== count || mirrorState(db).waiting > 0) throw new Error(`${rows[0]!.n} rows of ${count}`);
    return { ms };
  };
  const mirror = turn(mirrored);
  const contenders: Contender[] = [
    { name: "COPY and upsert", role: "floor", turn: turn(() => copiedAndUpserted(client, pieces)) },
    { name: "the mirror", role: "ours", turn: () => (recordAgain(db), mirror()) },
    { name: "COPY alone", role: "floor", turn: turn(() => copied(client, "points", pieces)) },
    // At this size a turn is many seconds, and nothing that is judged hangs on it.
    {
      name: "single INSERTs in a transaction",
      role: "peer",
      turns: count > 10_000 ? 1 : undefined,
      turn: turn(() => singles(client, points)),
    } as Contender,
  ];
  const finish = async () => {
    await client.end();
    db.close();
    await postgres.dispose();
  };
  return { contenders, goals: count < 100_000 ? [] : [throughput(0.85, "the mirror", "COPY and upsert")], finish };
}

const comparison = (count: number): Comparison => ({
  name: `mirror-${count / 1000}k`,
  title: `${count.toLocaleString("en")} rows of a results table to Postgres`,
  rounds: { full: 7, quick: 3 },
  slow: true,
  prepare: (site) => prepare(site, count),
});

export const [mirror1k, mirror10k, mirror100k] = [1_000, 10_000, 100_000].map(comparison) as [Comparison, Comparison, Comparison];
