/**
 * `npm run test:chaos`: the release sizes within CHAOS_MINUTES (110), with a new seed, and docs/reliability.md from what
 * they report. Each file of tests is a process of its own, two at a time: first the one whose trials must not wait for the
 * machine, beside the oracle, which leaves a core free; then the others, the longest first; and the oracle has the time that is left.
 * Ends with 1 where any row failed or a sabotage was not noticed; the table is written all the same.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { reliabilityPage } from "./page.ts";
import { budgetOf, type RowId, rows } from "./sizes.ts";
import type { Line } from "./trials.ts";

const root = path.resolve(import.meta.dirname, "../..");
const minutes = Number(process.env["CHAOS_MINUTES"] ?? 110);
const seed = Number(process.env["CHAOS_SEED"] ?? Date.now() % 2 ** 31);
const only = process.argv[2] ?? "";
const folder = mkdtempSync(path.join(tmpdir(), "stepbook-chaos-report-"));
const report = path.join(folder, "lines");

/** A file of tests, and what it is to know beside the seed. */
interface Unit {
  readonly name: string;
  readonly env: NodeJS.ProcessEnv;
}

const oracle = "soundness.test.ts";
const endsAt = Date.now() + minutes * 60_000;

/** In the order in which they are begun. */
function units(): Unit[] {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts") && name.includes(only));
  if (names.length === 0) throw new Error(`no file in test/chaos has "${only}" in its name: give one word, such as kills`);
  const parts = (all: readonly number[], env: NodeJS.ProcessEnv) =>
    names.includes(oracle) ? all.map((part) => ({ name: oracle, env: { ...env, CHAOS_PART: String(part) } })) : [];
  const isFirst = (name: string) => name.startsWith("signals");
  const others = names
    .filter((name) => name !== oracle)
    .sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)) || secondsOf(b) - secondsOf(a))
    .map((name) => ({ name, env: {} }));
  return [...others.slice(0, 1), ...parts([0], {}), ...others.slice(1), ...parts([1, 2], { CHAOS_UNTIL: String(endsAt) })];
}

/** What the rows of a file take together, about. */
function secondsOf(name: string): number {
  const text = readFileSync(path.join(import.meta.dirname, name), "utf8");
  return Object.keys(rows).reduce(
    (sum, id) =>
      sum +
      (text.includes(`"${id}"`)
        ? Math.min(rows[id as RowId].release * rows[id as RowId].seconds, budgetOf(id as RowId, minutes) / 1000)
        : 0),
    0,
  );
}

/** @returns the exit code */
function runUnit({ name, env }: Unit): Promise<number> {
  const before = readLines().length;
  const child = spawn("npx", ["vitest", "run", `test/chaos/${name}`], {
    cwd: root,
    env: { ...process.env, CHAOS_MINUTES: String(minutes), CHAOS_SEED: String(seed), CHAOS_REPORT: report, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += data.toString()));
  return new Promise((resolve) =>
    child.once("close", (code) => {
      const failed = readLines().slice(before).filter(isFailure);
      console.error(`${new Date().toISOString().slice(11, 19)} ${name} ${code === 0 ? "ended" : `FAILED (${code})\n${text.slice(-6000)}`}`);
      for (const line of failed) console.error(`  FAILED: ${failureText(line)}`);
      resolve(code ?? 1);
    }),
  );
}

function isFailure(line: Line): boolean {
  return (line.kind === "row" && line.failures > 0) || (line.kind === "sabotage" && !line.caught);
}

/** Which row, how often, and how it began. */
function failureText(line: Line): string {
  if (line.kind === "row") return `${line.row} (${rows[line.row].fault}): ${line.failures} of ${line.trials}, the first: ${line.first}`;
  return line.kind === "sabotage" ? `${line.name} was not noticed by ${line.by}` : JSON.stringify(line);
}

function readLines(): Line[] {
  try {
    return readFileSync(report, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  } catch {
    return [];
  }
}

async function lane(queue: Unit[], codes: number[]): Promise<void> {
  for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) codes.push(await runUnit(unit));
}

const startedAt = new Date();
console.error(`chaos: ${minutes} minutes, CHAOS_SEED=${seed}`);
const queue = units();
const codes: number[] = [];
await Promise.all([lane(queue, codes), lane(queue, codes)]);
const lines = readLines();
rmSync(folder, { recursive: true, force: true });
if (only === "")
  writeFileSync(path.join(root, "docs/reliability.md"), reliabilityPage(lines, { seed, minutes, startedAt, endedAt: new Date() }));
else for (const line of lines) console.error(JSON.stringify(line));
const failures = lines.filter(isFailure);
for (const line of failures) console.error(`FAILED: ${failureText(line)}`);
const missing = (Object.keys(rows) as RowId[]).filter((id) => only === "" && !lines.some((line) => "row" in line && line.row === id));
if (missing.length > 0) console.error(`not reported: ${missing.join(", ")}`);
process.exitCode = failures.length + missing.length > 0 || codes.some((code) => code !== 0) ? 1 : 0;
