import { expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

/** Waits until a process of the same runner, not this one, has DuckDB in its memory. */
const seesDuckdbAhead = `import { readdirSync, readFileSync } from "node:fs";
const read = (file: string) => { try { return readFileSync(file, "utf8"); } catch { return ""; } };
const parentOf = (pid: string) => { const stat = read(\`/proc/\${pid}/stat\`); return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]); };
const ahead = () => readdirSync("/proc").some((pid) => /^\\d+$/.test(pid) && Number(pid) !== process.pid && parentOf(pid) === process.ppid && read(\`/proc/\${pid}/maps\`).includes("libduckdb"));
while (!ahead()) await new Promise((resolve) => setTimeout(resolve, 20));
`;

test("DuckDB is loaded ahead of need for steps that work with tables, and in no other", async () => {
  const maps =
    'import { readFileSync } from "node:fs";\nexport const loaded = readFileSync("/proc/self/maps", "utf8").includes("libduckdb");\nexport const words = process.argv.length;\n';
  const project = new TestProject({
    "steps/10_plain.ts": `${seesDuckdbAhead}${maps}`,
    "steps/20_sql.ts": `import { loaded as before } from "./10_plain.ts";\nimport { sql } from "stepbook";\n${maps}export const t = await sql\`SELECT \${before} AS before\`;\n`,
    "steps/30_rows.ts": `import { t } from "./20_sql.ts";\nexport const rows = await t.rows();\n`,
    "steps/40_plain.ts": `import { rows } from "./30_rows.ts";\n${maps}export const n = rows.length;\n`,
  });
  const run = await project.run(["--jobs", "1"]);
  expect(run.code, run.stderr).toBe(0);
  const values = await Promise.all(
    ["10_plain.loaded", "20_sql.loaded", "40_plain.loaded", "10_plain.words", "20_sql.words", "30_rows.rows"].map((name) =>
      project.value(name),
    ),
  );
  expect(values).toEqual([false, true, false, 2, 2, [{ before: false }]]);
  project.dispose();
}, 240_000);
