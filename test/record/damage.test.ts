import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { afterEach, describe, expect, test } from "vitest";
import { openState } from "../../src/record/state.ts";
import { built } from "../rig/build.ts";
import { finished, TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

const oneStep = { "steps/10_a.ts": "export const a = 1;\n" };

describe("a damaged state file", () => {
  test.each([
    [
      "overwritten",
      (file: string) => writeFileSync(file, "this is not a database, but longer than a header of one hundred bytes: ".repeat(4)),
    ],
    ["cut", (file: string) => truncateSync(file, 5000)],
    ["with a page of noise", (file: string) => writeFileSync(file, readFileSync(file).fill(0xa5, 4096, 8192))],
  ])("%s is refused with its remedy and kept as it is", async (_, harm) => {
    project = new TestProject(oneStep);
    await project.run();
    const file = project.path(".stepbook/state.db");
    // One file, so that the harm cannot be mended from the log.
    const db = new Database(file);
    db.pragma("wal_checkpoint(TRUNCATE)");
    db.close();
    harm(file);
    const before = readFileSync(file);
    const run = await project.run();
    expect(run.code, run.stdout + run.stderr).toBe(3);
    expect(run.stdout + run.stderr).toContain("E_STATE_CORRUPT");
    expect(run.stdout + run.stderr).toContain("state.db is damaged");
    expect(run.stdout + run.stderr).toContain("move it away");
    // The lock was taken in a whole page of it; what is damaged is as it was.
    expect(readFileSync(file).subarray(4096, 8192).equals(before.subarray(4096, 8192))).toBe(true);
    project.remove(".stepbook/state.db");
    expect((await project.run()).ran).toEqual(["10_a"]);
  });

  test("written by a newer Stepbook is refused", async () => {
    project = new TestProject(oneStep);
    await project.run();
    const db = openState(project.folder);
    db.pragma("user_version = 99");
    db.close();
    const run = await project.command(["run"]);
    expect(run.code).toBe(3);
    expect(run.stderr).toContain("written by a newer Stepbook (format 99");
  });

  test("that a step has of its own is not taken for the engine's", async () => {
    project = new TestProject({
      "steps/10_a.ts": 'throw Object.assign(new Error("file is not a database"), { code: "SQLITE_NOTADB" });\n',
    });
    const { events } = await project.run();
    expect(events.find((event) => event.type === "step.failed")).toMatchObject({
      failure: { code: "E_STEP_THREW", message: "Error: file is not a database" },
    });
  });

  test("commits survive a power cut: synchronous is FULL on a re-opened file", async () => {
    project = new TestProject(oneStep);
    await project.run();
    const db = openState(project.folder);
    expect(db.pragma("synchronous", { simple: true })).toBe(2);
    expect(db.pragma("journal_mode", { simple: true })).toBe("wal");
    db.close();
  });
});

describe("experiments", () => {
  const recording = {
    "experiments.sql":
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, accuracy double precision, old integer);\nCOMMENT ON COLUMN experiments.accuracy IS 'it''s; good';\n",
    "steps/10_r.ts": 'import { record } from "stepbook";\nrecord("experiments", { accuracy: 0.5 });\n',
  };

  test("a column that is added to experiments.sql is added to the table; one that is removed is kept, with a warning", async () => {
    project = new TestProject(recording);
    await project.run();
    project.write(
      "experiments.sql",
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, accuracy double precision, f1 double precision NOT NULL);\n",
    );
    project.edit("steps/10_r.ts", "accuracy: 0.5", "accuracy: 0.6, f1: 0.7");
    const run = await project.run();
    expect(run.code, run.stderr).toBe(0);
    expect(run.events.find((event) => event.type === "run.warned")).toMatchObject({
      message: expect.stringContaining("experiments.old is no longer in experiments.sql"),
    });
    const db = new Database(project.path("data/experiments.db"), { readonly: true });
    expect(db.prepare("SELECT accuracy, f1 FROM experiments ORDER BY accuracy").all()).toEqual([
      { accuracy: 0.5, f1: null },
      { accuracy: 0.6, f1: 0.7 },
    ]);
    db.close();
  });

  test("a definition that says nothing of what is there already holds in every run", async () => {
    const plain = `-- it's CREATE TABLE x\nCREATE TABLE experiments (experiment_id text PRIMARY KEY, accuracy double precision, note text DEFAULT 'CREATE TABLE x');\ncreate unique index by_note ON experiments (experiment_id, note);\nCREATE INDEX IF NOT EXISTS other ON experiments (accuracy);\n`;
    project = new TestProject({ ...recording, "experiments.sql": plain });
    for (const _ of [1, 2, 3]) {
      const run = await project.run();
      expect(run.code, run.stdout).toBe(0);
    }
    const { stdout } = await project.command(["experiments", "--json"]);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { note: string }).note),
    ).toEqual(Array(3).fill("CREATE TABLE x"));
  });

  test("one that can be run once only is refused before anything runs", async () => {
    project = new TestProject({
      ...recording,
      "experiments.sql":
        "CREATE TABLE experiments (experiment_id text PRIMARY KEY, accuracy double precision);\nINSERT INTO experiments VALUES ('first', 1);\n",
    });
    const run = await project.command(["run"]);
    expect([run.code, run.stderr]).toEqual([3, expect.stringContaining("E_EXPERIMENTS_SQL: experiments.sql: UNIQUE constraint failed")]);
    expect(run.stderr).toContain("that can be run again");
  });

  test.each([
    [
      "that drops its table first",
      "DROP TABLE IF EXISTS experiments;\n",
      "",
      "the table experiments is dropped and made anew at each delivery",
    ],
    ["in a transaction of its own", "BEGIN;\n", "COMMIT;\n", "cannot start a transaction within a transaction"],
  ])("one %s is refused before anything runs, and nothing is lost", async (_, before, after, said) => {
    project = new TestProject(recording);
    await project.run();
    const definition = project.read("experiments.sql");
    project.write("experiments.sql", `${before}${definition.replace(" IF NOT EXISTS", "")}${after}`);
    const run = await project.command(["run"]);
    expect([run.code, run.stderr]).toEqual([3, expect.stringContaining(`E_EXPERIMENTS_SQL: experiments.sql: ${said}`)]);
    project.write("experiments.sql", definition);
    await project.run();
    expect(rows("accuracy")).toEqual([{ accuracy: 0.5 }, { accuracy: 0.5 }]);
  });

  test.each(["", " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"])("a row may refer to one of another table%s", async (action) => {
    project = new TestProject({
      "experiments.sql": `CREATE TABLE datasets (name text PRIMARY KEY, size integer);\nCREATE TABLE experiments (experiment_id text PRIMARY KEY, dataset text NOT NULL REFERENCES datasets (name)${action});\n`,
      "steps/10_r.ts":
        'import { record } from "stepbook";\nrecord("datasets", { name: "all", size: 1 });\nrecord("experiments", { dataset: "all" });\n',
    });
    for (const size of [1, 2]) {
      project.edit("steps/10_r.ts", /size: \d/, `size: ${size + 1}`);
      const run = await project.run();
      expect(run.code, run.stdout).toBe(0);
      expect(run.events.filter(({ type }) => type === "run.warned")).toEqual([]);
    }
    expect(rows("dataset, (SELECT size FROM datasets) AS size")).toEqual(Array(2).fill({ dataset: "all", size: 3 }));
  });

  const rows = (columns: string) => {
    const db = new Database(project.path("data/experiments.db"), { readonly: true });
    try {
      return db.prepare(`SELECT ${columns} FROM experiments ORDER BY rowid`).all();
    } finally {
      db.close();
    }
  };

  test("a column may come together with an index on it", async () => {
    project = new TestProject(recording);
    await project.run();
    project.edit(
      "experiments.sql",
      "old integer);",
      "old integer, dataset text DEFAULT 'all');\nCREATE INDEX by_dataset ON experiments (dataset);",
    );
    const run = await project.run();
    expect(run.code, run.stdout).toBe(0);
    expect(rows("dataset")).toEqual([{ dataset: "all" }, { dataset: "all" }]);
  });

  test("a row that the table refuses waits, and is there when the table takes it", async () => {
    const definition = "CREATE TABLE experiments (experiment_id text PRIMARY KEY, accuracy double precision, old integer NOT NULL);\n";
    project = new TestProject({ ...recording, "experiments.sql": definition });
    project.edit("steps/10_r.ts", "accuracy: 0.5", "accuracy: 0.5, old: 1");
    await project.run();
    project.edit("experiments.sql", " NOT NULL", "");
    project.edit("steps/10_r.ts", ", old: 1", "");
    const run = await project.run();
    expect(run.code).toBe(0);
    expect(run.events.filter((event) => event.type === "run.warned")).toMatchObject([
      {
        message: expect.stringMatching(
          /refuses a row recorded into experiments: NOT NULL.*data\/experiments.db, if it is removed, is made anew/,
        ),
      },
    ]);
    expect(rows("old")).toEqual([{ old: 1 }]);
    project.remove("data");
    await project.run();
    expect(rows("old")).toEqual([{ old: 1 }, { old: null }, { old: null }]);
  });

  test("under another key than the table's no row takes the place of another", async () => {
    project = new TestProject({
      ...recording,
      "experiments.sql": "CREATE TABLE experiments (experiment_id text PRIMARY KEY, fold integer);\n",
    });
    project.write(
      "steps/10_r.ts",
      'import { record } from "stepbook";\nfor (const fold of [1, 2, 3]) record("experiments", { experiment_id: "a", fold });\n',
    );
    await project.run();
    expect(rows("fold")).toEqual([{ fold: 3 }]);
    project.write("experiments.sql", "CREATE TABLE experiments (experiment_id text, fold integer, PRIMARY KEY (experiment_id, fold));\n");
    const { events } = await project.run();
    expect(events.find((event) => event.type === "run.warned")).toMatchObject({
      message: expect.stringContaining("has the key (experiment_id), and experiments.sql says (experiment_id, fold)"),
    });
    project.remove("data");
    await project.run();
    expect(rows("fold")).toEqual([{ fold: 1 }, { fold: 2 }, { fold: 3 }]);
  });

  test("a value that must be unique replaces no other row; whole numbers are texts as they are written", async () => {
    project = new TestProject({
      ...recording,
      "experiments.sql":
        "CREATE TABLE experiments (experiment_id text PRIMARY KEY, name text UNIQUE, version text, flag text, share text);\n",
    });
    project.write(
      "steps/10_r.ts",
      'import { record } from "stepbook";\nrecord("experiments", { name: "base", version: 5, flag: true, share: 0.5 });\n',
    );
    await project.run();
    const { events } = await project.run();
    expect(events.find((event) => event.type === "run.warned")).toMatchObject({
      message: expect.stringContaining("UNIQUE constraint failed: experiments.name"),
    });
    expect(rows("name, version, flag, share")).toEqual([{ name: "base", version: "5", flag: "1", share: "0.5" }]);
  });

  test.each([
    [
      "held by another program",
      "another program holds data/experiments.db",
      (file: string) => {
        const db = new Database(file);
        db.exec("BEGIN IMMEDIATE");
        return () => void db.close();
      },
    ],
    [
      "damaged",
      "data/experiments.db is damaged (file is not a database)",
      (file: string) => {
        writeFileSync(file, "this is not a database ".repeat(10));
        return () => rmSync(file);
      },
    ],
    [
      "a folder",
      "data/experiments.db cannot be used (unable to open database file)",
      (file: string) => {
        rmSync(file);
        mkdirSync(file);
        return () => rmSync(file, { recursive: true });
      },
    ],
  ])("a results file that is %s is not a failure of what was committed: that waits, is said once, and comes", async (_, words, harm) => {
    project = new TestProject(recording);
    project.write("steps/10_r.ts", `export const config = { retries: 1, retryDelay: 1 };\n${project.read("steps/10_r.ts")}`);
    project.write("steps/20_r.ts", project.read("steps/10_r.ts"));
    await project.run();
    const mend = harm(project.path("data/experiments.db"));
    for (const _ of [1, 2]) {
      const run = await project.run();
      expect([run.code, run.ran], run.stdout).toEqual([0, ["10_r", "20_r"]]);
      const warned = run.events.flatMap((event) => (event.type === "run.warned" ? [event.message] : []));
      expect(warned).toEqual([expect.stringContaining(`${words}: what was recorded is kept, and the next run delivers it`)]);
    }
    mend();
    expect((await project.run()).events.filter(({ type }) => type === "run.warned")).toEqual([]);
    expect(rows("accuracy")).toEqual(Array(8).fill({ accuracy: 0.5 }));
  });

  test("a damaged results file is called by its name by those who read it", async () => {
    project = new TestProject(recording);
    await project.run();
    writeFileSync(project.path("data/experiments.db"), "this is not a database ".repeat(10));
    const { code, stderr } = await project.command(["experiments"]);
    expect(code).toBe(1);
    expect(stderr).toContain("E_DATABASE: data/experiments.db is damaged");
    expect(stderr).not.toContain("state.db");
  });

  test("a results file that was deleted is filled again", async () => {
    project = new TestProject(recording);
    await project.run();
    project.remove("data");
    await project.run();
    const { stdout } = await project.command(["experiments", "--json"]);
    expect(stdout.trim().split("\n")).toHaveLength(2);
  });
});

describe("a model", () => {
  test("that was deleted from models/ is put back without training again; other parts make a new version", async () => {
    project = new TestProject({
      "steps/10_m.ts":
        'import { param, saveModel } from "stepbook";\nsaveModel("m", { weights: new Float64Array([1, param("w", 2)]) }, { doc: "a model" });\n',
    });
    await project.run();
    const first = project.read("models/m/v1.json");
    expect(JSON.parse(first)).toMatchObject({ format: "stepbook-model/1", name: "m", version: 1 });
    project.remove("models");
    expect((await project.run()).ran).toEqual([]);
    expect(project.read("models/m/v1.json")).toBe(first);
    await project.run(["-p", "w=3"]);
    expect(project.has("models/m/v2.json")).toBe(true);
    expect(project.read("models/m/v1.json")).toBe(first);
  });

  test("that cannot be written is said, waits, and is there in the next run; its step is done", async () => {
    project = new TestProject({
      "steps/10_m.ts": 'import { saveModel } from "stepbook";\nsaveModel("m", { w: 1 });\n',
      models: "in the way",
    });
    for (const ran of [["10_m"], []]) {
      const run = await project.run();
      expect([run.code, run.ran], run.stdout).toEqual([0, ran]);
      expect(run.events.filter(({ type }) => type === "run.warned")).toMatchObject([
        { message: expect.stringMatching(/the model m could not be written into models\/ \(.*ENOTDIR.*the next run writes it/) },
      ]);
    }
    project.remove("models");
    expect((await project.run()).ran).toEqual([]);
    expect(project.has("models/m/v1.json")).toBe(true);
  });

  test("that an interrupted run could not write is there before it is decided what reads it", async () => {
    project = new TestProject({
      "steps/10_m.ts": 'import { param, saveModel } from "stepbook";\nsaveModel("m", { w: param("w", 2) });\n',
      "steps/20_use.ts": 'import { loadModel } from "stepbook";\nexport const version = (await loadModel("m")).version;\n',
    });
    await project.run();
    await project.run(["10_m", "-p", "w=3"]);
    project.remove("models/m/v2.json");
    expect((await project.run(["-p", "w=3"])).ran).toEqual(["20_use"]);
    expect(await project.value("20_use.version")).toBe(2);
  });
});

test("a model file that is there already, of another state or another machine, is never taken for a new one", async () => {
  project = new TestProject({
    "steps/10_m.ts": 'import { param, saveModel } from "stepbook";\nsaveModel("m", { w: param("w", 2) }, {});\n',
  });
  await project.run();
  project.remove(".stepbook");
  const run = await project.run(["-p", "w=3"]);
  expect(run.events.find((event) => event.type === "model.saved")).toMatchObject({ version: 2, existed: false });
  expect(JSON.parse(project.read("models/m/v2.json"))).toMatchObject({ parts: { w: 3 } });
  expect(JSON.parse(project.read("models/m/v1.json"))).toMatchObject({ parts: { w: 2 } });
});

const isRoot = process.getuid?.() === 0;

test.runIf(isRoot)("a folder that may not be written to", async () => {
  project = new TestProject(oneStep);
  chmodSync(project.folder, 0o755);
  const child = spawn(process.execPath, [path.join(built, "bin.cjs"), "run"], {
    cwd: project.folder,
    uid: 65534,
    gid: 65534,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { code, stderr } = await finished(child);
  expect(stderr).toContain("E_READ_ONLY");
  expect(stderr).toContain("make the project's folder writable");
  expect(code).toBe(3);
});

/** Whether a small file system can be mounted here. */
function canMount(): boolean {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return isRoot;
  } catch {
    return false;
  }
}

test.runIf(canMount())("a full disk: the step fails and says so, what was stored before is whole", { timeout: 120_000 }, async () => {
  project = new TestProject({
    ...oneStep,
    "steps/20_big.ts":
      'import { a } from "./10_a.ts";\nimport { param } from "stepbook";\nexport const big = new Uint8Array(param("mb", 64) * 2 ** 20).fill(a);\n',
  });
  const inside = (words: string) =>
    `cd "${project.folder}" && mkdir -p .stepbook && mount -t tmpfs -o size=12m none .stepbook && "${process.execPath}" "${path.join(built, "bin.cjs")}" ${words}`;
  const again = `"${process.execPath}" "${path.join(built, "bin.cjs")}" run --json -p mb=1`;
  const child = spawn("unshare", ["-m", "sh", "-c", `${inside("run --json")}; echo "code $?"; ${again}; echo "code $?"`], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { stdout, stderr } = await finished(child);
  expect(stdout, stderr).toContain('"code":"E_DISK_FULL"');
  expect(stdout).toMatch(/no space left to write [^"]*big/);
  expect(stdout).toContain("code 1");
  const last = stdout.trim().split("\n").at(-2)!;
  expect(JSON.parse(last)).toMatchObject({
    status: "succeeded",
    steps: [
      { step: "10_a", status: "cached" },
      { step: "20_big", status: "ran" },
    ],
  });
});

test("several rows of one run, from one step and from two, are rows of their own", async () => {
  project = new TestProject({
    "experiments.sql": "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, x integer);",
    "steps/10_r.ts":
      'import { record } from "stepbook";\nrecord("experiments", { x: 1 });\nrecord("experiments", { x: 2 });\nexport const done = 1;\n',
    "steps/20_r.ts": 'import "./10_r.ts";\nimport { record } from "stepbook";\nrecord("experiments", { x: 3 });\n',
  });
  await project.run();
  const rows = (await project.command(["experiments", "--json"])).stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { x: number }).x);
  expect(rows.sort()).toEqual([1, 2, 3]);
});
