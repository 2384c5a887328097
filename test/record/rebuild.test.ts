/** A damaged state is made anew from the records beside it. */
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

const files = {
  "experiments.sql": "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, k integer);",
  "steps/10_a.ts":
    'import { param, sql } from "stepbook";\nexport const k = param("k", 5);\nexport const t = await sql`SELECT i FROM range(${k}) r(i)`;\n',
  "steps/20_m.ts":
    'import { saveModel } from "stepbook";\nimport { k } from "./10_a.ts";\nsaveModel("m", { weights: [k] }, {});\nexport const big = 2n ** 70n + BigInt(k);\n',
  "steps/30_r.ts": 'import { record } from "stepbook";\nimport { k } from "./10_a.ts";\nrecord("experiments", { k });\n',
};

const damages: Record<string, (file: string) => void> = {
  emptied: (file) => truncateSync(file, 0),
  "with noise in all pages but the first": (file) => writeFileSync(file, readFileSync(file).fill(0xa5, 4096)),
  // Which SQLite does not see.
  "with a value that is not JSON": (file) => {
    const db = new Database(file);
    db.exec("UPDATE models SET body = '{'");
    db.close();
  },
};

test("after any damage the next run reuses what was reusable; experiments and models are there", { timeout: 300_000 }, async () => {
  project = new TestProject(files);
  await project.run();
  await project.run(["-p", "k=7"]);
  const experiments = async () => (await project.command(["experiments", "--json"])).stdout.trim().split("\n").length;
  const models = async () => (await project.command(["models", "--json"])).stdout;
  const before = await models();
  expect(before).toContain('"version":2');
  let recorded = await experiments();
  const file = project.path(".stepbook/state.db");
  for (const [name, damage] of Object.entries(damages)) {
    const db = new Database(file);
    db.pragma("wal_checkpoint(TRUNCATE)");
    db.close();
    for (const tail of ["-wal", "-shm"]) rmSync(file + tail, { force: true });
    damage(file);
    const refused = await project.run();
    expect(refused.code, name).toBe(3);
    expect(refused.stdout, name).toContain("doctor --rebuild");
    const rebuilt = await project.command(["doctor", "--rebuild", "--json"]);
    expect(rebuilt.code, name + rebuilt.stderr).toBe(0);
    expect(JSON.parse(rebuilt.stdout), name).toMatchObject({ rebuilt: true, models: 2, damaged: 0 });
    expect(await models(), name).toBe(before);
    // Once the results of before were lost too: they are delivered again.
    if (name === "emptied") project.remove("data");
    for (const k of ["5", "7"]) expect((await project.run(["-p", `k=${k}`])).ran, `${name}, k=${k}`).toEqual(["30_r"]);
    expect(await experiments(), name).toBe((recorded += 2));
    // The state that was made by going to k=5 and back again is not the one of before.
    for (const version of ["v3", "v4"]) project.remove(`models/m/${version}.json`);
    const kept = new Database(file);
    kept.exec("DELETE FROM models WHERE version > 2");
    kept.close();
  }
  expect(readdirSync(project.path(".stepbook")).filter((each) => /^state\.damaged-.*\.db$/.test(each)).length).toBeGreaterThan(0);
  expect(JSON.parse((await project.command(["doctor", "--rebuild", "--json"])).stdout)).toEqual({ rebuilt: false });
});

test("a manifest that was changed is no use: its step is computed anew", async () => {
  project = new TestProject(files);
  await project.run();
  const folder = project.path(".stepbook/records");
  for (const name of readdirSync(folder)) {
    const text = readFileSync(`${folder}/${name}`, "utf8");
    const lines = text.split("\n").map((line) => (line.includes('"name":"a"') ? line.replace(/"digest":"./, '"digest":"g') : line));
    writeFileSync(`${folder}/${name}`, lines.join("\n"));
  }
  damages["with noise in all pages but the first"]!(project.path(".stepbook/state.db"));
  for (const tail of ["-wal", "-shm"]) rmSync(project.path(`.stepbook/state.db${tail}`), { force: true });
  expect(JSON.parse((await project.command(["doctor", "--rebuild", "--json"])).stdout)).toMatchObject({ damaged: 1, records: 2 });
  expect((await project.run()).ran).toEqual(["10_a", "30_r"]);
});

test("the manifests of the first versions, a file for each record", async () => {
  project = new TestProject(files);
  await project.run();
  const folder = project.path(".stepbook/records");
  const lines = readdirSync(folder).flatMap((name) =>
    readFileSync(`${folder}/${name}`, "utf8")
      .split("\n")
      .filter((line) => line !== ""),
  );
  project.remove(".stepbook/records");
  for (const line of lines) {
    const { seal, ...rest } = JSON.parse(line) as { seal: string };
    project.write(`.stepbook/records/${seal}.json`, JSON.stringify(rest));
  }
  damages["emptied"]!(project.path(".stepbook/state.db"));
  for (const tail of ["-wal", "-shm"]) rmSync(project.path(`.stepbook/state.db${tail}`), { force: true });
  expect(JSON.parse((await project.command(["doctor", "--rebuild", "--json"])).stdout)).toMatchObject({ damaged: 0, records: 3 });
  expect((await project.run()).ran).toEqual(["30_r"]);
});
