import type { Comparison } from "../comparison.ts";
import { atMost } from "../goals.ts";
import { forget, stepbook } from "../ours.ts";
import { timed } from "../shell.ts";

const rows = (quick: boolean) => (quick ? 1_000_000 : 8_000_000);

const query = (count: number) =>
  `SELECT i AS id, hash(i) % 1000003 AS a, ((hash(i + 1) % 1000000007) / 1000)::DOUBLE AS x, 'name ' || (hash(i) % 50000) AS name FROM range(${count}) r(i)`;

const bare = (count: number) => `
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readSync } from "node:fs";
import duck from "@duckdb/node-api";
const connection = await (await duck.DuckDBInstance.create(":memory:", { threads: "1" })).connect();
await connection.run("COPY (${query(count)}) TO 'out.parquet' (FORMAT parquet, COMPRESSION zstd)");
const handle = openSync("out.parquet", "r+");
const hash = createHash("sha256");
const buffer = Buffer.allocUnsafe(1 << 20);
for (let read = readSync(handle, buffer); read > 0; read = readSync(handle, buffer)) hash.update(buffer.subarray(0, read));
fsyncSync(handle);
closeSync(handle);
console.log(hash.digest("hex"));
`;

export const storing: Comparison = {
  name: "storing",
  title: "storing a table that SQL made: 8,000,000 rows",
  rounds: { full: 3, quick: 2 },
  async prepare(site) {
    const count = rows(site.quick);
    const cwd = site.project("storing", {
      "steps/10_make.ts": `import { sql } from "stepbook";\nexport const out = await sql\`${query(count)}\`;\n`,
      "bare.mjs": bare(count),
    });
    const turn = () => {
      forget(cwd);
      return timed(stepbook(site, cwd));
    };
    return {
      contenders: [
        { name: "COPY, sha256, fsync in a script", role: "floor", turn: () => timed({ file: process.execPath, words: ["bare.mjs"], cwd }) },
        { name: "stepbook", role: "ours", turn },
      ],
      goals: [atMost(1.1, "stepbook", "COPY, sha256, fsync in a script")],
    };
  },
};
