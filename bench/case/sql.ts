import { statSync } from "node:fs";
import path from "node:path";
import type { Comparison, Contender } from "../comparison.ts";
import { atMost } from "../goals.ts";
import { forget, stepbook } from "../ours.ts";
import { ofLargest, run, watched } from "../shell.ts";
import type { Site } from "../site.ts";

/** Size of the CSV file in MB. */
const size = (site: Site) => Number(process.env["BENCH_CSV_MB"] ?? (site.quick ? 100 : 1000));

/** A row is some 60 bytes. */
const generate = (megabytes: number) => `
import duck from "@duckdb/node-api";
const connection = await (await duck.DuckDBInstance.create(":memory:", { threads: "2" })).connect();
await connection.run("COPY (SELECT i AS id, 'customer_' || (hash(i) % 100000) AS customer, DATE '2020-01-01' + (i % 2000)::INTEGER AS day, round((hash(i + 1) % 1000000) / 100, 2) AS amount, hash(i + 2) % 20 AS shop, md5((i % 1000)::VARCHAR)[:12] AS code FROM range(${Math.round(megabytes * 16_700)}) r(i)) TO 'big.csv' (FORMAT csv, HEADER)");
`;

const grouped =
  "SELECT shop, day, count(*) AS orders, sum(amount) AS amount, max(customer) AS customer, max(code) AS code FROM 'big.csv' GROUP BY shop, day ORDER BY shop, day";
const sorted = "SELECT id, customer, amount FROM 'big.csv' ORDER BY customer, amount, id";

/** The same SQL in a script of its own, with as many threads as a step has. */
const bare = (query: string, threads: number, memory?: string) => `
import duck from "@duckdb/node-api";
const instance = await duck.DuckDBInstance.create(":memory:", { threads: "${threads}"${memory ? `, memory_limit: "${memory}", temp_directory: "spill"` : ""} });
const connection = await instance.connect();
await connection.run(${JSON.stringify(`COPY (${query}) TO 'out.parquet' (FORMAT parquet, COMPRESSION zstd)`)});
`;

const step = (query: string, config = "") => `import { sql } from "stepbook";\n${config}export const out = await sql\`${query}\`;\n`;

function prepareCsv(site: Site, name: string, files: Readonly<Record<string, string>>): string {
  const project = site.project(name, { "generate.mjs": generate(size(site)), ...files });
  run({ file: process.execPath, words: ["generate.mjs"], cwd: project });
  process.stderr.write(`big.csv: ${(statSync(path.join(project, "big.csv")).size / 1e6).toFixed(0)} MB\n`);
  return project;
}

function script(file: string, name: string, cwd: string, turns?: number): Contender {
  return {
    name,
    role: "floor",
    turn: () => watched({ file: process.execPath, words: [file], cwd }, ofLargest),
    ...(turns === undefined ? {} : { turns }),
  };
}

function ours(site: Site, step: string, name: string, cwd: string, turns?: number): Contender {
  const turn = () => {
    forget(cwd);
    return watched(stepbook(site, cwd, "run", step), ofLargest);
  };
  return { name, role: "ours", turn, ...(turns === undefined ? {} : { turns }) };
}

export const sqlCsv: Comparison = {
  name: "sql-csv",
  title: "a step that only runs SQL on a 1 GB CSV",
  rounds: { full: 7, quick: 3 },
  async prepare(site) {
    const project = prepareCsv(site, "sql-csv", {
      "steps/10_group.ts": step(grouped),
      "steps/20_group2.ts": step(grouped, "export const config = { threads: 2 };\n"),
      "bare1.mjs": bare(grouped, 1),
      "bare2.mjs": bare(grouped, 2),
    });
    return {
      contenders: [
        script("bare1.mjs", "a script with @duckdb/node-api", project),
        ours(site, "10_group", "stepbook", project),
        script("bare2.mjs", "the script, threads: 2", project, 1),
        ours(site, "20_group2", "stepbook, threads: 2", project, 1),
      ],
      goals: [atMost(1.03, "stepbook", "a script with @duckdb/node-api"), atMost(1.1, "stepbook", "a script with @duckdb/node-api", "mb")],
    };
  },
};

export const outOfCore: Comparison = {
  name: "out-of-core",
  title: "sorting the 1 GB CSV with memory: 512MB",
  rounds: { full: 1, quick: 1 },
  slow: true,
  async prepare(site) {
    const project = prepareCsv(site, "out-of-core", {
      "steps/10_sort.ts": step(sorted, 'export const config = { memory: "512MB" };\n'),
      "bare.mjs": bare(sorted, 1, "512MiB"),
    });
    return {
      contenders: [script("bare.mjs", "a script with the same limit", project), ours(site, "10_sort", "stepbook", project)],
      goals: [
        {
          says: "stepbook finishes",
          judge: (entries) => ({
            figure: entries.some(({ contender, samples }) => contender.role === "ours" && samples.length > 0) ? "finished" : "failed",
            met: entries.some(({ contender, samples }) => contender.role === "ours" && samples.length > 0),
          }),
        },
      ],
    };
  },
};
