/** A row of the fault plan: what is done to the engine, how, and which of its promises must hold. */
export interface Row {
  readonly fault: string;
  readonly injected: string;
  /** Numbers of docs/reliability.md. */
  readonly promise: string;
  /** Trials in the ordinary tests, and in `npm run test:chaos`. */
  readonly quick: number;
  readonly release: number;
  /** What a trial takes, about: two files of tests side by side on two cores. */
  readonly seconds: number;
  /** All trials of a release are done, however short it is. */
  readonly whole: boolean;
}

const row = (fault: string, injected: string, promise: string, quick: number, release: number, seconds: number, whole = false): Row => ({
  fault,
  injected,
  promise,
  quick,
  release,
  seconds,
  whole,
});

/** All sizes in one place. */
export const rows = {
  oracle: row(
    "random pipelines, random sequences of edits",
    "fast-check: 22 kinds of edits, files as young as they are or older, results against plain arithmetic and clean runs",
    "G3",
    200,
    20_000,
    0.2,
  ),
  attacks: row("ways to make a result stale behind the engine's back", "one step each, changed between two runs", "G3", 1000, 1000, 0),
  order: row(
    "a write that is told before it is durable",
    "strace: each file synced before its rename, its folder after, the log of the commit before the event",
    "G2",
    1,
    5,
    3,
  ),
  runnerCalls: row(
    "runner killed at the k-th system call",
    "strace inject SIGKILL at openat, write, pwrite64, fsync, fdatasync, rename, link, unlink, mkdir of its main thread",
    "G1 G2 G4",
    1,
    500,
    1.75,
  ),
  runnerTwice: row("runner killed at k, its recovery at j", "as above, random pairs", "G4", 1, 100, 1.9),
  stepCalls: row("step killed at the k-th system call", "strace attached to the step's process, all its threads", "G1 G4 G9", 1, 60, 2),
  runnerRandom: row("runner killed at a random moment", "SIGKILL after 0 to 2 s", "G1 G4 G5", 1, 120, 1.7),
  stepRandom: row("step killed at a random moment", "SIGKILL to its process", "G4 G9", 1, 50, 2),
  eio: row("input/output error at the k-th call", "strace inject EIO at pwrite64, fsync, fdatasync, rename, link", "G2 G9", 1, 230, 1.6),
  enospc: row("no space at the k-th call", "strace inject ENOSPC at write, pwrite64, mkdir, openat", "G1 G9", 1, 420, 1.6),
  fullDisk: row("a full disk", "project on a tmpfs of 0.1 to 2 MB", "G1 G9", 1, 60, 1.8),
  files: row("no more files can be opened", "`ulimit -n` of 19 to 60", "G9", 1, 42, 2),
  power: row("power cut", "ext4 on a loop image, all stopped, the image copied until stable and mounted elsewhere", "G1 G2", 1, 100, 1.9),
  ctrlC: row(
    "Ctrl-C under a terminal: `npx tsx runner.ts`",
    "pty; loading, planning, step busy, step deaf to SIGTERM, between steps",
    "G5",
    2,
    200,
    3.5,
    true,
  ),
  hangup: row("SIGTERM; terminal closed (SIGHUP)", "signal to the process group of a pty; pty closed", "G5", 1, 40, 2.7),
  stdout: row("reader of stdout gone", "`run | head -1`", "G5 G9", 1, 30, 2),
  orphan: row("runner killed with a busy step and grandchildren", "SIGKILL; /proc searched for the run's mark", "G5", 1, 300, 0.6),
  together: row("2 to 8 runners in one folder", "started at once; each step counts its executions", "G8", 1, 60, 1.8),
  owners: row("dead owner, reused pid, suspended owner", "SIGKILL; a lock with a living foreign pid; SIGSTOP", "G8", 3, 90, 1),
  gc: row(
    "gc against runs",
    "gc with a clock two days ahead in a loop beside runs; runner stopped at a random openat while gc runs",
    "G3",
    2,
    50,
    3,
  ),
  changing: row(
    "an input changes while the step reads it",
    "in place, same size with its times set back, replaced by rename; within one tick",
    "G3",
    2,
    60,
    2,
  ),
  artifact: row("a stored artifact damaged", "a bit flipped, cut, emptied, deleted, swapped, made a folder", "G3", 2, 200, 0.9),
  state: row("the state file damaged", "text, emptied, a folder, cut, a page overwritten", "G9", 2, 40, 2),
  flood: row("a log of 1 GB; one line of 100 MB; 100 MB of bytes that are not text", "fixture steps", "G9", 3, 3, 40),
  modules: row(
    "random modules that import each other in random ways",
    "fast-check: kinds of files, imports and paths; what the step says alone, by tsx, against what it says in the runner",
    "G3",
    10,
    300,
    1,
  ),
  values: row(
    "values of every sort, NaN, -0, __proto__, holes, bigint, Map, typed arrays",
    "fast-check round trip; then their bytes cut and flipped",
    "G3",
    500,
    20_000,
    0.003,
  ),
  storm: row("Ctrl-C fifty times", "pty; a step that is deaf to SIGTERM", "G5", 1, 20, 3),
  half: row(
    "step killed while it writes a table, a model and its exports",
    "SIGKILL up to 0.4 s after it began, in the middle of DuckDB's COPY too",
    "G1",
    1,
    60,
    2.6,
  ),
  upgrade: row(
    "state of an earlier format, its migration killed",
    "strace inject SIGKILL at each pwrite64, fsync, fdatasync, unlink; then a state of a newer format",
    "G9",
    1,
    170,
    0.7,
  ),
  chance: row(
    "a step that gives other results for the same inputs",
    "clock, uuid, random bytes, process id, races, in one export of several; `verify`",
    "G9",
    1,
    60,
    2.2,
  ),
  code: row(
    "kept code damaged: of tsx, of the command, of a step's program, of packages",
    "a bit flipped, cut, emptied; then `runner.ts` by tsx",
    "G3 G9",
    1,
    60,
    1.8,
  ),
  soak: row("one scheduler process, run after run", "catch-up of 10,000 slots, an input edited in between; /proc", "G5", 20, 10_000, 0.03),
  rival: row(
    "killed while it writes a cache entry of 400 files",
    "SIGKILL as soon as 1 to 200 of them are there; then built again",
    "G1",
    0,
    300,
    3,
    true,
  ),
} as const satisfies Readonly<Record<string, Row>>;

export type RowId = keyof typeof rows;

/** Sabotages, attacks and reverts, which take what they take; and what starting and building each file of tests does. */
const fixedSeconds = 220;
/** Of the time for trials, what the oracle has at least; it has what the others leave, too. */
const oracleShare = 0.15;

/** How long a row's trials may take in a release of so many minutes, in ms: by what all of them would take. */
export function budgetOf(id: RowId, minutes: number): number {
  const { release, seconds, whole }: Row = rows[id];
  if (whole) return Infinity;
  const sum = (of: (other: RowId, row: Row) => boolean) =>
    Object.entries(rows).reduce((total, [other, row]) => total + (of(other as RowId, row) ? row.release * row.seconds : 0), 0);
  const all = Math.max(60, 2 * 60 * minutes - fixedSeconds);
  const others = sum((other, row) => other !== "oracle" && !row.whole);
  // A row that takes longer than was thought may do so where there is time.
  const scale = Math.min(1.5, Math.max(0.05, (all * (1 - oracleShare) - sum((_, row) => row.whole)) / others));
  return 1000 * (id === "oracle" ? all * oracleShare : release * seconds * scale);
}
