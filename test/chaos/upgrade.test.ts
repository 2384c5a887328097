/** A state of each earlier format is brought to this one, wherever that was cut off; one of a newer format is refused and left alone. */
import { mkdirSync, readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { migrations, schemaVersion } from "../../src/record/schema.ts";
import { inMemory } from "../rig/memory.ts";
import { TestProject } from "../rig/project.ts";
import { hasStrace, tracedRun } from "../rig/strace.ts";
import { possible, randomFrom, seed, shuffled, trials } from "./trials.ts";

inMemory();

const opening = ["mirror", "--json"] as const;
const calls = ["pwrite64", "fsync", "fdatasync", "unlink"] as const;
const stateFile = ".stepbook/state.db";

/** A project whose state is of that format, with a run and a row that waits for Postgres. */
function of(version: number): TestProject {
  const project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
  mkdirSync(project.path(".stepbook"));
  withState(project, (db) => {
    db.pragma("journal_mode = WAL");
    db.function("seal", { varargs: true }, () => null);
    for (const step of migrations.slice(0, version)) db.exec(step);
    db.exec(`INSERT INTO runs VALUES ('r1', 'manual', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z', 'succeeded', '{}');
INSERT INTO outbox (run, step, table_name, body) VALUES ('r1', '10_a', 'experiments', '{"experiment_id":"r1"}')`);
    db.pragma(`user_version = ${version}`);
  });
  return project;
}

function withState<T>(project: TestProject, use: (db: Database.Database) => T): T {
  const db = new Database(project.path(stateFile));
  try {
    return use(db);
  } finally {
    db.close();
  }
}

function assertWhole(project: TestProject, versions: readonly number[], what: string): void {
  withState(project, (db) => {
    expect(db.pragma("integrity_check", { simple: true }), what).toBe("ok");
    expect(versions, what).toContain(db.pragma("user_version", { simple: true }));
    expect(db.prepare("SELECT id FROM runs").pluck().all(), what).toEqual(["r1"]);
  });
}

test("the migration of a state is done whole or not at all", { timeout: 6 * 3600_000 }, async () => {
  if (!possible("upgrade", hasStrace ? null : "no strace here, or it may not trace")) return;
  const all = shuffled(await points(), randomFrom(seed));
  await trials(
    "upgrade",
    async (nth, notes) => {
      const { version, call, k } = all[nth]!;
      const what = `from version ${version}, killed at ${call} ${k}`;
      const project = of(version);
      try {
        await tracedRun(project, `${call}:signal=SIGKILL:when=${k}`, {}, opening);
        assertWhole(project, [version, schemaVersion], what);
        const { code, stdout, stderr } = await project.command(opening);
        expect(code, `${what}: ${stderr}`).toBe(0);
        expect(JSON.parse(stdout), what).toMatchObject({ waiting: 1 });
        assertWhole(project, [schemaVersion], what);
      } finally {
        project.dispose();
      }
      notes.note = `${nth + 1} of ${all.length} points, of ${schemaVersion - 1} formats`;
    },
    all.length,
  );
});

/** Every such call that opening a state of an earlier format makes. */
async function points(): Promise<{ version: number; call: string; k: number }[]> {
  const versions = Array.from({ length: schemaVersion - 1 }, (_, i) => i + 1);
  const each = versions.map(async (version) => {
    const project = of(version);
    const { made, code, stderr } = await tracedRun(project, null, {}, opening);
    project.dispose();
    expect(code, stderr).toBe(0);
    return calls.flatMap((call) => Array.from({ length: made[call]! }, (_, i) => ({ version, call, k: i + 1 })));
  });
  return (await Promise.all(each)).flat();
}

test("a state of a newer format is refused, and not touched", async () => {
  const project = of(schemaVersion);
  withState(project, (db) => db.pragma(`user_version = ${schemaVersion + 1}`));
  const before = readFileSync(project.path(stateFile));
  for (const words of [["run", "--json"], ["runs", "--json"], opening]) {
    const { code, stdout, stderr } = await project.command(words);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain("E_STATE_NEWER");
  }
  expect(readFileSync(project.path(stateFile)).equals(before)).toBe(true);
  project.dispose();
});
