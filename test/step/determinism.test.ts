import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { csv, sql, table, type Query } from "../../src/step/api.ts";
import { tableInfo } from "../../src/store/brand.ts";
import { makeRig } from "./rig.ts";

const digestOf = (made: unknown) =>
  createHash("sha256")
    .update(readFileSync(tableInfo(made)!.file))
    .digest("hex");

const facts = sql`SELECT range AS id, (hash(range) % 1000)::INTEGER AS k, 'g' || (hash(range + 7) % 5000) AS g, sin(range) * 1e6 AS v FROM range(300000)`;

const queries: Record<string, Query> = {
  "an unordered GROUP BY on text": sql`SELECT g, count(*) AS n FROM ${facts} GROUP BY g`,
  "float sums": sql`SELECT k, sum(v) AS s, avg(v) AS m, stddev(v) AS d, sum(v * 0.1) AS t FROM ${facts} GROUP BY k`,
  "one float sum over all": sql`SELECT sum(v) AS s, corr(v, k) AS c FROM ${facts}`,
  "a join": sql`SELECT a.id, b.v FROM ${facts} a JOIN ${facts} b ON a.k = b.k AND b.id < 20`,
  DISTINCT: sql`SELECT DISTINCT g, k FROM ${facts}`,
  window: sql`SELECT id, row_number() OVER (PARTITION BY k) AS r FROM ${facts}`,
  "lists and first": sql`SELECT g, list(id) AS l, first(v) AS f, any_value(k) AS a FROM ${facts} GROUP BY g`,
  UNION: sql`SELECT k FROM ${facts} UNION SELECT id FROM ${facts}`,
  "hash order": sql`SELECT id FROM ${facts} ORDER BY hash(id, 42) LIMIT 1000`,
  PIVOT: sql`PIVOT (SELECT k % 7 AS p, g, v FROM ${facts}) ON p USING sum(v) GROUP BY g`,
};

describe("the same query gives the same bytes", () => {
  test.each(Object.keys(queries))("%s", { timeout: 60_000 }, async (name) => {
    const digests = new Set<string>();
    // Each in an instance of its own, as in each run; once with little memory, so that it spills to disk.
    for (const memory of [null, null, 64]) {
      makeRig({ memory });
      const again = sql`FROM ${queries[name]}`;
      digests.add(digestOf(await again));
    }
    expect(digests.size).toBe(1);
  });

  test("csv and table(rows) too", async () => {
    const digests = new Set<string>();
    for (let run = 0; run < 3; run++) {
      const rig = makeRig();
      rig.file("x.csv", `a,b\n${Array.from({ length: 5000 }, (_, row) => `${row},t${row % 17}`).join("\n")}\n`);
      digests.add(digestOf(await csv("x.csv")));
      digests.add(digestOf(await table(Array.from({ length: 5000 }, (_, row) => ({ row, half: row / 2 })))));
    }
    expect(digests.size).toBe(2);
  });
});
