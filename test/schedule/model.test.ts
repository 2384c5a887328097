import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import type { LockOwner } from "../../src/record/lock.ts";
import { migrations } from "../../src/record/schema.ts";
import type { SlotRow } from "../../src/record/slots.ts";
import type { Db } from "../../src/record/state.ts";
import type { Attempt } from "../../src/schedule/attempt.ts";
import { readSchedule } from "../../src/schedule/define.ts";
import { Scheduler } from "../../src/schedule/scheduler.ts";
import type { World } from "../../src/schedule/world.ts";

const seeds = Number(process.env["STEPBOOK_SLOT_SEEDS"] ?? 600);
const minute = 60_000;
const every = 5 * minute;
const origin = Date.UTC(2026, 0, 1);

const folder = mkdtempSync(path.join(tmpdir(), "stepbook-slots-"));
mkdirSync(path.join(folder, ".stepbook"));
const db = new Database(":memory:");
db.function("seal", { varargs: true }, () => null);
for (const step of migrations) db.exec(step);
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const statements = new Map<string, Database.Statement>();

function prepared(sql: string): Database.Statement {
  const found = statements.get(sql) ?? db.prepare(sql);
  statements.set(sql, found);
  return found;
}

/** Thrown where a scheduler is killed: between any two statements of its. */
class Killed extends Error {}

/** A run under way, which the test ends as it likes. */
interface Run {
  readonly worker: number;
  readonly slot: string;
  readonly id: string;
  end(attempt: Attempt): void;
}

/** Several schedulers, the real ones, with processes, a clock and runs that are the test's. */
class Machine {
  now = origin;
  readonly runs: Run[] = [];
  readonly problems: string[] = [];
  readonly #living = new Set<number>();
  readonly #schedulers = new Map<number, Scheduler>();
  #pids = 1;
  #ids = 0;
  /** Statements that the scheduler that acts may still make. */
  #left = Infinity;
  readonly #definition: Parameters<typeof readSchedule>[1];

  constructor(definition: Parameters<typeof readSchedule>[1]) {
    this.#definition = definition;
    for (const table of ["slots", "schedules", "leader", "runs"]) db.exec(`DELETE FROM ${table}`);
  }

  get living(): number[] {
    return [...this.#living];
  }

  begin(): number {
    const pid = this.#pids++;
    const voice = { event() {}, say() {}, failure() {}, close() {} };
    this.#living.add(pid);
    this.#schedulers.set(pid, new Scheduler(this.#mortal(pid), folder, [readSchedule("train", this.#definition)], voice, this.#world(pid)));
    return pid;
  }

  #world(pid: number): World {
    return {
      now: () => this.now,
      worker: { pid, started: "t", boot: "b", lives: (owner: LockOwner) => this.#living.has(owner.pid) },
      attempt: (_schedule, { slot }, emit) =>
        new Promise((resolve) => {
          const run: Run = { worker: pid, slot, id: `run-${++this.#ids}`, end: resolve };
          if (this.runs.some((other) => other.slot === slot && this.#living.has(other.worker)))
            this.problems.push(`${slot} runs twice at once`);
          this.runs.push(run);
          db.prepare(
            "INSERT INTO runs (id, trigger, logical_date, started_at, status, params) VALUES (?, 'cron', ?, '', 'running', '{}')",
          ).run(run.id, slot);
          emit({ type: "run.started", run: run.id } as Parameters<typeof emit>[0]);
        }),
      broken: (error) => expect(error).toBeInstanceOf(Killed),
    };
  }

  /** The ledger as one process has it: a killed one makes no further statement. */
  #mortal(pid: number): Db {
    return new Proxy(db, {
      get: (target, name) => {
        if (name === "prepare" || name === "transaction") this.#spend(pid, name === "prepare");
        if (name === "prepare") return prepared;
        const value = Reflect.get(target, name) as unknown;
        return typeof value === "function" ? (value as (...words: unknown[]) => unknown).bind(target) : value;
      },
    });
  }

  #spend(pid: number, counts: boolean): void {
    if (!this.#living.has(pid)) throw new Killed();
    if (!counts || this.#left-- > 0) return;
    this.kill(pid);
    throw new Killed();
  }

  /** A look of one scheduler, which may be killed after so many statements. */
  tick(pid: number, statements = Infinity): void {
    this.#left = statements;
    try {
      this.#schedulers.get(pid)!.tick();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    this.#left = Infinity;
    const leaders = this.living.filter((each) => this.#schedulers.get(each)!.leads);
    if (leaders.length > 1) this.problems.push(`${leaders.length} lead`);
  }

  /** A run ends; the scheduler is killed after so many statements of what follows. */
  async end(run: Run, outcome: Attempt, statements: number): Promise<void> {
    this.runs.splice(this.runs.indexOf(run), 1);
    if (!this.#living.has(run.worker)) return;
    db.prepare("UPDATE runs SET status = ? WHERE id = ?").run(outcome.status, run.id);
    this.#left = statements;
    run.end(outcome);
    await new Promise((resolve) => setImmediate(resolve));
    this.#left = Infinity;
  }

  kill(pid: number): void {
    this.#living.delete(pid);
    for (const run of this.runs.filter(({ worker }) => worker === pid)) {
      this.runs.splice(this.runs.indexOf(run), 1);
      // Its steps end with it, so the run that nobody ended is interrupted.
      db.prepare("UPDATE runs SET status = 'interrupted' WHERE id = ? AND status = 'running'").run(run.id);
    }
  }

  /** A backfill of another process takes a past slot and is killed in it. */
  abandonBackfill(slot: number): void {
    db.prepare(
      "INSERT OR IGNORE INTO slots (schedule, slot, status, \"trigger\", attempts, pid, started, boot, updated_at) VALUES ('train', ?, 'running', 'backfill', 1, 999999, 't', 'b', '')",
    ).run(new Date(slot).toISOString());
  }

  get settled(): boolean {
    return this.runs.length === 0 && prepared("SELECT 1 FROM slots WHERE status IN ('due', 'running') LIMIT 1").get() === undefined;
  }

  slots(): SlotRow[] {
    return db.prepare("SELECT *, not_before AS notBefore FROM slots ORDER BY slot").all() as SlotRow[];
  }
}

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("tick" as const), who: fc.nat(7), statements: fc.constant(Infinity) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("tick" as const), who: fc.nat(7), statements: fc.nat(25) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      which: fc.nat(3),
      status: fc.constantFrom("succeeded", "succeeded", "failed", "cancelled"),
      statements: fc.constant(Infinity),
    } as const),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      which: fc.nat(3),
      status: fc.constantFrom("succeeded", "failed"),
      statements: fc.nat(4),
    } as const),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("kill" as const), who: fc.nat(7) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("begin" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(5_000, 30_000, minute, every, every, 3 * every, 8 * every),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: -3_600_000, max: -1 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("backfill" as const), back: fc.integer({ min: 1, max: 50 }) }) },
);

const policy = fc.record({
  cron: fc.constant("*/5 * * * *"),
  catchUp: fc.constantFrom("none", "latest", "all"),
  overlap: fc.constantFrom("skip", "queue", "allow"),
  retries: fc.nat(2),
  retryDelay: fc.constant(minute),
} as const);

test(
  `the ledger against its model: ${seeds} seeds of 2 to 8 schedulers, killed between any two statements, with a clock that jumps`,
  async () => {
    const total = { slots: 0, succeeded: 0, kills: 0 };
    await fc.assert(
      fc.asyncProperty(
        policy,
        fc.integer({ min: 2, max: 8 }),
        fc.array(action, { minLength: 10, maxLength: 40 }),
        async (definition, count, actions) => {
          const machine = new Machine(definition);
          for (let i = 0; i < count; i++) machine.begin();
          machine.tick(1);
          let horizon = machine.now;
          const abandoned = new Set<string>();
          const looked = (pid: number, statements: number) => {
            machine.tick(pid, statements);
            horizon = Math.max(horizon, (prepared("SELECT seen FROM schedules").pluck().get() as number | undefined) ?? horizon);
          };
          for (const each of actions) {
            const living = machine.living;
            if (each.do === "wait") machine.now += each.ms;
            else if (each.do === "begin" && living.length < 8) machine.begin();
            else if (each.do === "kill" && living.length > 0) machine.kill(living[each.who % living.length]!);
            else if (each.do === "tick" && living.length > 0) looked(living[each.who % living.length]!, each.statements);
            else if (each.do === "end" && machine.runs.length > 0)
              await machine.end(
                machine.runs[each.which % machine.runs.length]!,
                { status: each.status, reason: each.status === "succeeded" ? null : "no" },
                each.statements,
              );
            else if (each.do === "backfill") {
              const slot = origin - each.back * every;
              abandoned.add(new Date(slot).toISOString());
              machine.abandonBackfill(slot);
            }
          }
          // Then all is quiet: one scheduler is there, and every run succeeds.
          total.kills += machine.living.length;
          for (const pid of machine.living) machine.kill(pid);
          machine.now = Math.max(machine.now, horizon) + 1;
          const last = machine.begin();
          for (let round = 0; round < 2_000; round++) {
            looked(last, Infinity);
            if (machine.settled) break;
            for (const run of [...machine.runs]) await machine.end(run, { status: "succeeded", reason: null }, Infinity);
            if (machine.runs.length === 0) machine.now += minute;
          }

          expect(machine.problems).toEqual([]);
          const slots = machine.slots();
          const cron = slots.filter(({ slot }) => !abandoned.has(slot));
          // None lost, none invented: what the clock had passed, however it jumped.
          const due: string[] = [];
          for (let at = origin + every; at <= horizon; at += every) due.push(new Date(at).toISOString());
          expect(cron.map(({ slot }) => slot)).toEqual(due);
          expect(slots.filter(({ status }) => !["succeeded", "failed", "skipped", "missed"].includes(status))).toEqual([]);
          expect(slots.filter(({ slot }) => abandoned.has(slot)).every(({ status }) => status === "missed")).toBe(true);
          // None doubled: a slot that succeeded has one success, any other none.
          const successes = new Map(
            (
              db.prepare("SELECT logical_date AS slot, count(*) AS n FROM runs WHERE status = 'succeeded' GROUP BY 1").all() as {
                slot: string;
                n: number;
              }[]
            ).map(({ slot, n }) => [slot, n]),
          );
          for (const { slot, status } of cron) expect(successes.get(slot) ?? 0, `${slot} ${status}`).toBe(status === "succeeded" ? 1 : 0);
          if (definition.catchUp === "all" && definition.overlap === "allow")
            expect(cron.every(({ status }) => status === "succeeded" || status === "failed")).toBe(true);
          total.slots += cron.length;
          total.succeeded += cron.filter(({ status }) => status === "succeeded").length;
        },
      ),
      { numRuns: seeds },
    );
    console.log(`${seeds} seeds: ${total.slots} slots, ${total.succeeded} succeeded, 0 lost, 0 doubled`);
    expect(total.succeeded).toBeGreaterThan(seeds);
  },
  60_000 + seeds * 100,
);
