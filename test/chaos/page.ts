import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { upperBound } from "./bound.ts";
import { type RowId, rows } from "./sizes.ts";
import type { Line } from "./trials.ts";

export interface About {
  readonly seed: number;
  readonly minutes: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
}

type RowLine = Extract<Line, { kind: "row" }>;

/** docs/reliability.md, from what the tests reported. */
export function reliabilityPage(lines: readonly Line[], about: About): string {
  const told = merged(lines.filter((line): line is RowLine => line.kind === "row"));
  const impossible = lines.filter((line) => line.kind === "impossible");
  const failures = told.reduce((sum, line) => sum + line.failures, 0);
  const trials = told.reduce((sum, line) => sum + line.trials, 0);
  return `# Reliability

Written by \`npm run test:chaos\`; not by hand. It fails where any row does.

${promises}

## Figures

${headline(trials, failures)}

${machine(about)}

${table(
  ["fault", "how injected", "trials", "failures", "at most (95 %)", "promise", ""],
  (Object.keys(rows) as RowId[]).flatMap((id) => rowOf(id, told)),
)}

*At most*: what the rate of failures may still be, given so many trials (Clopper-Pearson, one-sided; without a failure about 3 in the
number of trials). A row stops when its share of the ${about.minutes} minutes is used, and reports the trials that it did.

A trial of the first row is one sequence: a random pipeline of 2 to 30 steps, run, and then edited one to six times and run after each
edit. Its states are counted behind it. The runner is called in the test's process; graph, plan, store, records and the program of the
steps are the engine's. A step takes a process that others had before, as \`isolation: "shared"\` lets it, but for one step in 100 and
those that use a package. ${grouped(rows.oracle.release)} sequences are the aim; the row says how many there was time for.

## Sabotages

${sabotages(lines)}

## Side by side

${rival(lines)}

## Not injected here

${[
  ...impossible.map(({ row, why }) => `- ${rows[row].fault}: ${why}.`),
  ...missing(
    told,
    impossible.map(({ row }) => row),
  ),
  ...never,
].join("\n")}
`;
}

/** What several processes told of one row, as one. */
function merged(lines: readonly RowLine[]): RowLine[] {
  const all = new Map<RowId, RowLine>();
  for (const line of lines) {
    const before = all.get(line.row);
    const sum = before && {
      trials: before.trials + line.trials,
      failures: before.failures + line.failures,
      ms: before.ms + line.ms,
      note: sumOfNotes(before.note, line.note),
      first: before.first ?? line.first,
    };
    all.set(line.row, { ...line, ...sum });
  }
  return [...all.values()];
}

/** The same words with other numbers. */
function sumOfNotes(one: string, other: string): string {
  const numbers = other.match(/\d+/g) ?? [];
  return one === "" ? other : one.replace(/\d+/g, (number) => String(Number(number) + Number(numbers.shift() ?? 0)));
}

const promises = `| | promise |
| --- | --- |
| G1 | Atomic: what can be seen of an artifact or a published output is whole. |
| G2 | Durable: a step that was reported as done is there after \`kill -9\` and after a power cut. |
| G3 | Right: a reused result is what a clean run would give; any doubt is a miss. |
| G4 | Resumes: after any crash the next run needs no repair, and repeats at most the steps that were in flight. |
| G5 | No leftovers: 5 s after the runner's end, however it ended, no process of the run lives. |
| G8 | One writer: two runners never work in one project at once; a dead one blocks nobody. |
| G9 | Loud: what cannot be absorbed stops with a code, the place and the remedy. |`;

/** What no rig of ours does. */
const never = [
  "- Disks that lie about a sync, or lose what was synced: no such device here (no dm-flakey or dm-log-writes in this kernel).",
  "- Network file systems, whose locks and renames differ: not tested, not recommended for `.stepbook/`.",
  "- Kernels other than Linux: the rigs need /proc, strace and loop devices.",
];

function headline(trials: number, failures: number): string {
  return failures === 0
    ? `${grouped(trials)} trials, **0 failures**.`
    : `${grouped(trials)} trials, **${failures} FAILURES**: this state must not be released.`;
}

function machine({ seed, startedAt, endedAt }: About): string {
  const sqlite = new Database(":memory:").prepare("SELECT sqlite_version()").pluck().get() as string;
  const facts = [
    [
      "date",
      `${startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC, ${Math.round((endedAt.getTime() - startedAt.getTime()) / 60_000)} minutes`,
    ],
    ["commit", commit()],
    ["seed", `\`CHAOS_SEED=${seed}\``],
    ["machine", `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${release()}`],
    [
      "versions",
      `Node ${process.versions.node}, SQLite ${sqlite}, DuckDB ${versionOf("@duckdb/node-api")}, esbuild ${versionOf("esbuild")}, tsx ${versionOf("tsx")}, ${firstLine("strace", ["--version"])}`,
    ],
  ];
  return table(["", ""], facts);
}

function rowOf(id: RowId, told: readonly RowLine[]): string[][] {
  const line = told.find((each) => each.row === id);
  const { fault, injected, promise } = rows[id];
  if (line === undefined || line.trials === 0) return [];
  const { trials, failures, note, first } = line;
  const remark = [note, first === null ? "" : `first failure: ${first.split("\n")[0]!.slice(0, 200)}`].filter(Boolean).join("; ");
  return [
    [fault, injected, grouped(trials), failures === 0 ? "0" : `**${failures}**`, percent(upperBound(failures, trials)), promise, remark],
  ];
}

function missing(told: readonly RowLine[], impossible: readonly RowId[]): string[] {
  const left = (Object.keys(rows) as RowId[]).filter(
    (id) => id !== "rival" && !impossible.includes(id) && !told.some((line) => line.row === id && line.trials > 0),
  );
  return left.map((id) => `- ${rows[id].fault}: **not run**.`);
}

function sabotages(lines: readonly Line[]): string {
  const all = lines.filter((line) => line.kind === "sabotage");
  const caught = all.filter((line) => line.caught).length;
  return `A check proves what it would notice. Each fault below is put into the engine on purpose (only the build of the tests takes it), and its
check must fail then: **${caught} of ${all.length}** did.

${table(
  ["fault in the engine", "noticed by", ""],
  all.map(({ name, by, caught: ok }) => [name, by, ok ? "noticed" : "**MISSED**"]),
)}`;
}

function rival(lines: readonly Line[]): string {
  const all = lines.filter((line) => line.kind === "rival");
  const how =
    "A step writes 400 files. It is killed with SIGKILL while its results go to the cache; the outputs are removed, and it is built again with the same inputs. Counted is how often the second build says that all is well and fewer than 400 files, or other ones, are there. wireit waits up to 10 s for the lock of the killed one: the rig removes that lock.";
  return `${how}\n\n${table(
    ["", "trials", "served half", ""],
    all.map(({ name, trials, served, note }) => [name, grouped(trials), String(served), note]),
  )}`;
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
}

function percent(rate: number): string {
  return `${(rate * 100).toPrecision(2)} %`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

function versionOf(name: string): string {
  const file = path.resolve(import.meta.dirname, "../../node_modules", name, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** What was tested. */
function commit(): string {
  const git = (...words: string[]) => execFileSync("git", words, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
  try {
    return `\`${git("rev-parse", "--short=12", "HEAD")}\`${git("status", "--porcelain") === "" ? "" : ", and changes that are not committed"}`;
  } catch {
    return "unknown: no git here";
  }
}

function firstLine(program: string, words: readonly string[]): string {
  try {
    return execFileSync(program, words, { encoding: "utf8" }).split("\n")[0]!.replace("-- version ", "");
  } catch {
    return `no ${program}`;
  }
}
