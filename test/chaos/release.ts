/**
 * `npm run test:chaos`: the release sizes within CHAOS_MINUTES (110), with a new seed, and docs/reliability.md from what
 * they report. Each file of tests is a process of its own, two at a time; the rows share the time by sizes.ts.
 * Ends with 1 where any row failed or a sabotage was not noticed; the table is written all the same.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { reliabilityPage } from "./page.ts";
import { type RowId, rows } from "./sizes.ts";
import type { Line } from "./trials.ts";

const root = path.resolve(import.meta.dirname, "../..");
const minutes = Number(process.env["CHAOS_MINUTES"] ?? 110);
const seed = Number(process.env["CHAOS_SEED"] ?? Date.now() % 2 ** 31);
const only = process.argv[2] ?? "";
const folder = mkdtempSync(path.join(tmpdir(), "stepbook-chaos-report-"));
const report = path.join(folder, "lines");

/** The test files: those that take what they take, then the ones with the largest share, so that none is left to run alone at the end. */
function testFiles(): string[] {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts") && name.includes(only));
  const shareOf = (name: string) => {
    if (name.startsWith("sabotage") || name.startsWith("attacks")) return 1;
    const text = readFileSync(path.join(import.meta.dirname, name), "utf8");
    return Object.entries(rows).reduce((sum, [id, { share }]) => sum + (text.includes(`"${id}"`) ? share : 0), 0);
  };
  return names.sort((a, b) => shareOf(b) - shareOf(a));
}

/** @returns the exit code */
function runFile(name: string): Promise<number> {
  const env = { ...process.env, CHAOS_MINUTES: String(minutes), CHAOS_SEED: String(seed), CHAOS_REPORT: report };
  const child = spawn("npx", ["vitest", "run", `test/chaos/${name}`], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data.toString()));
  return new Promise((resolve) =>
    child.once("close", (code) => {
      console.error(`${new Date().toISOString().slice(11, 19)} ${name} ${code === 0 ? "passed" : `FAILED (${code})\n${text.slice(-6000)}`}`);
      resolve(code ?? 1);
    }),
  );
}

function readLines(): Line[] {
  try {
    return readFileSync(report, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line) as Line);
  } catch {
    return [];
  }
}

async function lane(queue: string[], codes: number[]): Promise<void> {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) codes.push(await runFile(name));
}

const startedAt = new Date();
console.error(`chaos: ${minutes} minutes, CHAOS_SEED=${seed}`);
const queue = testFiles();
const codes: number[] = [];
await Promise.all([lane(queue, codes), lane(queue, codes)]);
const lines = readLines();
rmSync(folder, { recursive: true, force: true });
if (only === "") writeFileSync(path.join(root, "docs/reliability.md"), reliabilityPage(lines, { seed, minutes, startedAt, endedAt: new Date() }));
const failures = lines.filter((line) => (line.kind === "row" && line.failures > 0) || (line.kind === "sabotage" && !line.caught));
for (const line of only === "" ? failures : lines) console.error(JSON.stringify(line));
const missing = (Object.keys(rows) as RowId[]).filter((id) => only === "" && !lines.some((line) => "row" in line && line.row === id));
if (missing.length > 0) console.error(`not reported: ${missing.join(", ")}`);
process.exitCode = failures.length + missing.length > 0 || codes.some((code) => code !== 0) ? 1 : 0;
