import type { Comparison } from "../comparison.ts";
import { atMost } from "../goals.ts";
import { run, timedInside } from "../shell.ts";
import type { Site } from "../site.ts";

const rows = (site: Site) => (site.quick ? 300_000 : 1_000_000);

/** Seven DOUBLE, two INTEGER, one BIGINT. */
const columns = Array.from({ length: 10 }, (_, i) =>
  i < 7
    ? `((hash(i * 10 + ${i}) % 1000000007) / 1000)::DOUBLE AS c${i}`
    : i < 9
      ? `((i * ${i}) % 100000)::INTEGER AS c${i}`
      : `(i * 1000003) AS c${i}`,
).join(", ");
const arrays = "Float64Array ".repeat(7) + "Int32Array Int32Array BigInt64Array";
const types = "DOUBLE ".repeat(7) + "INTEGER INTEGER BIGINT";

const start = `
import duck from "@duckdb/node-api";
const connection = await (await duck.DuckDBInstance.create(":memory:", { threads: "1" })).connect();
`;

const generate = (count: number) => `${start}
await connection.run(\`COPY (SELECT ${columns} FROM range(${count}) r(i)) TO 'table.parquet' (FORMAT parquet, COMPRESSION zstd)\`);
`;

/** The first time in a process is not measured: it loads code. The median of three that follow is. */
const measured = (before: string, work: string) => `${before}
const times = [];
for (let turn = 0; turn < 4; turn++) {
  const started = performance.now();
  ${work}
  times.push(performance.now() - started);
}
console.log(JSON.stringify({ ms: times.slice(1).sort((a, b) => a - b)[1] }));
`;

const readRaw = (count: number) => `
async function readRaw() {
  const columns = ${JSON.stringify(arrays.split(" "))}.map((name) => new globalThis[name](${count}));
  const result = await connection.stream("FROM read_parquet('table.parquet')");
  let filled = 0;
  for (let chunk = await result.fetchChunk(); chunk?.rowCount > 0; chunk = await result.fetchChunk()) {
    for (let i = 0; i < columns.length; i++) columns[i].set(chunk.getColumnVector(i).items, filled);
    filled += chunk.rowCount;
  }
  return columns;
}
`;

const writeRaw = (count: number) => `
const types = ${JSON.stringify(types.split(" "))}.map((name) => duck[name]);
async function writeRaw(columns) {
  await connection.run("CREATE OR REPLACE TEMP TABLE t (" + types.map((type, i) => \`c\${i} \${type}\`).join(", ") + ")");
  const appender = await connection.createAppender("t", null, "temp");
  for (let at = 0; at < ${count}; at += 2048) {
    const length = Math.min(2048, ${count} - at);
    const chunk = duck.DuckDBDataChunk.create(types, length);
    columns.forEach((column, i) => {
      const vector = chunk.getColumnVector(i);
      vector.items.set(column.subarray(at, at + length));
      vector.flush();
    });
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
  await connection.run("COPY t TO 'raw.parquet' (FORMAT parquet, COMPRESSION zstd)");
}
`;

const rowObjects = `const made = (await connection.runAndReadAll("FROM read_parquet('table.parquet')")).getRowObjectsJS();`;
const opened = 'import { parquet, table } from "stepbook";\nconst stored = await parquet("table.parquet");\n';

function prepareTable(site: Site, name: string, scripts: (count: number) => Record<string, string>): string {
  const project = site.project(name, { "generate.mjs": generate(rows(site)), ...scripts(rows(site)) });
  run({ file: process.execPath, words: ["generate.mjs"], cwd: project });
  return project;
}

export const columnsOut: Comparison = {
  name: "columns-out",
  title: "a 1,000,000 × 10 table out of Parquet into typed arrays",
  rounds: { full: 5, quick: 2 },
  async prepare(site) {
    const cwd = prepareTable(site, "columns-out", (count) => ({
      "raw.mjs": measured(start + readRaw(count), "await readRaw();"),
      "ours.mjs": measured(opened, "await stored.columns();"),
      "rows.mjs": measured(start, rowObjects),
    }));
    return {
      contenders: [
        { name: "chunk vectors' items", role: "floor", turn: () => timedInside({ file: process.execPath, words: ["raw.mjs"], cwd }) },
        { name: "table.columns()", role: "ours", turn: () => timedInside({ file: process.execPath, words: ["ours.mjs"], cwd }) },
        {
          name: "row objects of @duckdb/node-api",
          role: "peer",
          turns: 2,
          turn: () => timedInside({ file: process.execPath, words: ["rows.mjs"], cwd }),
        },
      ],
      goals: [atMost(1.15, "table.columns()", "chunk vectors' items")],
    };
  },
};

export const columnsIn: Comparison = {
  name: "columns-in",
  title: "1,000,000 × 10 typed arrays back into Parquet",
  rounds: { full: 3, quick: 2 },
  async prepare(site) {
    const cwd = prepareTable(site, "columns-in", (count) => ({
      "raw.mjs": measured(`${start}${readRaw(count)}${writeRaw(count)}const columns = await readRaw();\n`, "await writeRaw(columns);"),
      "ours.mjs": measured(`${opened}const columns = await stored.columns();\n`, "await table(columns);"),
    }));
    return {
      contenders: [
        {
          name: "appendDataChunk, flush, COPY",
          role: "floor",
          turn: () => timedInside({ file: process.execPath, words: ["raw.mjs"], cwd }),
        },
        { name: "table(columns)", role: "ours", turn: () => timedInside({ file: process.execPath, words: ["ours.mjs"], cwd }) },
      ],
      goals: [atMost(1.15, "table(columns)", "appendDataChunk, flush, COPY")],
    };
  },
};
