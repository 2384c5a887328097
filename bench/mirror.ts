/**
 * The mirror beside what Postgres itself takes: rows of a results table by single INSERTs in a transaction, by the mirror, and by
 * a bare COPY into a temporary table followed by the same upsert. All take turns in one run. `npx tsx bench/mirror.ts [rounds]`.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import copyStreams from "pg-copy-streams";
import { openKept } from "../src/engine.ts";
import { ship } from "../src/mirror/ship.ts";
import { mirrorState, putRow, sendAgain } from "../src/record/outbox.ts";
import { TestPostgres } from "../test/rig/postgres.ts";
import { TestProject } from "../test/rig/project.ts";

const rounds = Number(process.argv[2] ?? 5);
const definition = "CREATE TABLE IF NOT EXISTS points (id text PRIMARY KEY, at timestamptz NOT NULL, n integer, x double precision, y double precision, name text, odd boolean)";
const columns = ["id", "at", "n", "x", "y", "name", "odd"];

type Point = Record<string, string | number | boolean>;
const point = (i: number): Point => ({ id: `run-${i}`, at: new Date(1.7e12 + i * 1000).toISOString(), n: i, x: Math.sqrt(i), y: i / 7, name: `point ${i}`, odd: i % 2 === 1 });

async function singles(client: pg.Client, points: readonly Point[]): Promise<void> {
  const text = `INSERT INTO points (${columns.join(", ")}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`;
  await client.query("BEGIN");
  for (const each of points) await client.query({ name: "single", text, values: columns.map((name) => each[name]) });
  await client.query("COMMIT");
}

/** The floor: what is sent is text already. */
async function copied(client: pg.Client, lines: readonly string[]): Promise<void> {
  await client.query("BEGIN");
  await client.query(`CREATE TEMPORARY TABLE raw (LIKE points) ON COMMIT DROP`);
  await pipeline(Readable.from(lines), client.query(copyStreams.from(`COPY raw (${columns.join(", ")}) FROM STDIN`)));
  await client.query(`INSERT INTO points SELECT * FROM raw ON CONFLICT (id) DO UPDATE SET ${columns.slice(1).map((name) => `${name} = excluded.${name}`).join(", ")}`);
  await client.query("COMMIT");
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

const postgres = await TestPostgres.start();
try {
  console.log("rows      way                       rows/s (median)   × COPY and upsert");
  for (const count of [1_000, 10_000, 100_000]) {
    const points = Array.from({ length: count }, (_, i) => point(i));
    const lines = Array.from({ length: Math.ceil(count / 200) }, (_, chunk) => points.slice(chunk * 200, chunk * 200 + 200).map((each) => `${columns.map((name) => each[name]).join("\t")}\n`).join(""));
    const project = new TestProject({ "experiments.sql": `${definition};\n`, "steps/10_a.ts": "export const a = 1;\n" });
    const { db, store } = openKept(project.folder);
    db.transaction(() => points.forEach((each) => putRow(db, { run: "r", step: "s" }, "points", each)))();
    const url = await postgres.database();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(definition);
    const mirrored = async () => {
      await ship({ db, store, project: project.folder, url, signal: new AbortController().signal });
    };
    await mirrored();
    const ways: Record<string, () => Promise<void>> = { "single INSERTs": () => singles(client, points), "the mirror": mirrored, "COPY and upsert": () => copied(client, lines) };
    const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, way] of Object.entries(ways)) {
        await client.query("TRUNCATE points; TRUNCATE stepbook.sent_rows");
        if (name === "the mirror") sendAgain(db);
        const started = performance.now();
        await way();
        times.get(name)!.push(performance.now() - started);
        const { rows } = await client.query<{ n: number }>("SELECT count(*)::int AS n FROM points");
        if (rows[0]!.n !== count) throw new Error(`${name}: ${rows[0]!.n} rows of ${count}`);
      }
    }
    if (mirrorState(db).sent !== count) throw new Error("something waits");
    const floor = median(times.get("COPY and upsert")!);
    for (const [name, all] of times) console.log(`${String(count).padEnd(9)} ${name.padEnd(25)} ${Math.round((count / median(all)) * 1000).toLocaleString("en").padStart(13)}   ${(floor / median(all)).toFixed(2).padStart(10)}`);
    await client.end();
    db.close();
    project.dispose();
  }
} finally {
  await postgres.dispose();
}
