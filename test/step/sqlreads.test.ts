import os from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { csv, parquet, sql } from "../../src/step/api.ts";
import { failed, makeRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeEach(() => {
  rig = makeRig();
  rig.file("data/a.csv", "x,y\n1,2\n3,4\n");
  rig.file("data/b.csv", "x,y\n5,6\n");
  rig.file("data/deep/er/c.csv", "x,y\n7,8\n");
});

const files = () => rig.named("file").sort();
/** In the project; where the process is, they are looked for, too. */
const inside = (kind: "folder" | "match") =>
  rig
    .named(kind)
    .filter((name) => !path.isAbsolute(name))
    .sort();
const folders = () => inside("folder");
const matches = () => inside("match");

describe("files that a query names are noted as read", () => {
  test.each<[string, string[]]>([
    ["FROM 'data/a.csv'", ["data/a.csv"]],
    ['SELECT * FROM "data/a.csv" JOIN "data/b.csv" USING (x)', ["data/a.csv", "data/b.csv"]],
    ["FROM read_csv('data/a.csv')", ["data/a.csv"]],
    ["FROM read_csv(['data/a.csv', 'data/b.csv'])", ["data/a.csv", "data/b.csv"]],
    ["WITH t AS (FROM 'data/a.csv') SELECT (SELECT max(x) FROM 'data/b.csv') FROM t", ["data/a.csv", "data/b.csv"]],
    ["CREATE TABLE t AS FROM 'data/a.csv'", ["data/a.csv"]],
    ["CREATE MACRO look() AS TABLE FROM 'data/b.csv'; FROM look()", ["data/b.csv"]],
    ["SELECT 'data/a.csv' AS name -- FROM 'data/b.csv'", []],
    ["SELECT * FROM (SELECT 1) WHERE EXISTS (FROM 'data/a.csv')", ["data/a.csv"]],
  ])("%s", async (text, expected) => {
    await sql`${sql.raw(text)}`;
    expect(files()).toEqual(expected);
    expect(folders()).toEqual([]);
  });

  test("by a value, in rows(), and in a view that was made before", async () => {
    await sql`CREATE VIEW v AS FROM 'data/b.csv'`;
    await sql`SELECT count(*) FROM read_csv(${"data/a.csv"})`.rows();
    await sql`FROM v`;
    expect(files()).toEqual(["data/a.csv", "data/b.csv"]);
  });

  test("when the query fails as well", async () => {
    await failed(() => sql`SELECT nope FROM 'data/a.csv'`);
    expect(files()).toEqual(["data/a.csv"]);
  });

  test("relative to the project, wherever the process is; outside of it as they are", async () => {
    expect(process.cwd()).not.toBe(rig.project);
    const outside = path.join(makeRig().project, "x.csv");
    rig = makeRig();
    rig.file(path.relative(rig.project, outside), "x\n1\n");
    await sql`FROM ${sql.raw(`'${outside.replaceAll("'", "''")}'`)}`;
    expect(files()).toEqual([outside]);
  });

  test("~ is the home, which the machine tells", async () => {
    vi.stubEnv("HOME", rig.project);
    vi.spyOn(os, "homedir");
    onTestFinished(() => {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
    });
    await sql`FROM '~/data/*.csv'`;
    expect(os.homedir).toHaveBeenCalled();
    expect(files()).toEqual(["data/a.csv", "data/b.csv"]);
    expect(matches()).toEqual(["data/*.csv"]);
  });

  test("tables are artifacts and no reads", async () => {
    const made = await sql`SELECT 1 AS a`;
    await (await sql`FROM ${made}`).rows();
    expect(rig.reads).toEqual([]);
  });
});

describe("patterns: the files, and the names in folders that decide", () => {
  test.each<[string, string[], string[], string[]?]>([
    ["FROM 'data/*.csv'", ["data/a.csv", "data/b.csv"], ["data/*.csv"]],
    ["FROM read_csv('data/**/*.csv')", ["data/a.csv", "data/b.csv", "data/deep/er/c.csv"], [], ["data", "data/deep", "data/deep/er"]],
    ["FROM read_csv('data/d*/er/?.csv')", ["data/deep/er/c.csv"], ["data/d*", "data/deep/er", "data/deep/er/?.csv"]],
    ["FROM read_csv('data/[ab].csv')", ["data/a.csv", "data/b.csv"], ["data/[ab].csv"]],
    ["FROM glob('data/*')", [], ["data/*"]],
  ])("%s", async (text, expected, matched, listed = []) => {
    await sql`${sql.raw(text)}`;
    expect(files()).toEqual(expected);
    expect(matches()).toEqual(matched);
    expect(folders()).toEqual(listed);
  });

  test("as a value", async () => {
    await sql`FROM read_csv(${["data/*.csv"]})`;
    expect(matches()).toEqual(["data/*.csv"]);
  });

  test("a file that is not named as it is came by one: all folders above", async () => {
    await sql`SELECT content FROM read_text('data/' || 'a.csv')`;
    expect(folders()).toEqual([".", "data"]);
    expect(files()).toEqual(["data/a.csv"]);
  });

  test("one that another query names may still have come by one", async () => {
    await sql`CREATE MACRO m(p) AS TABLE FROM read_csv(p)`;
    await sql`FROM 'data/deep/er/c.csv'`;
    expect(folders()).toEqual([]);
    await sql`FROM m('data/deep/er/*.csv')`;
    expect(folders()).toEqual([".", "data", "data/deep", "data/deep/er"]);
  });

  test("in a database that is attached, and in none of its own files", async () => {
    const file = path.join(rig.project, "my.db");
    await sql`ATTACH ${file} AS my`;
    await sql`CREATE VIEW my.v AS FROM 'data/*.csv'`;
    await sql`CREATE TABLE my.t AS SELECT 1 AS a`;
    await sql`DETACH my`;
    rig = makeRig({ project: rig.project });
    await sql`ATTACH ${file} AS my (READ_ONLY)`;
    await sql`FROM my.t`;
    expect(files()).toEqual(["my.db"]);
    expect(folders()).toEqual([]);
    // There may be one later, with what a killed process changed.
    expect(rig.named("exists")).toContain("my.db.wal");
    await sql`FROM my.v`;
    expect(files()).toEqual(["data/a.csv", "data/b.csv", "my.db"]);
    expect(folders()).toEqual([".", "data"]);
  });

  test("that match nothing, and are not text of the SQL", async () => {
    await failed(() => sql`FROM read_csv(concat('data/', '*.txt'))`);
    expect(matches()).toEqual(["data/*.txt"]);
  });
});

describe("a file that is not there, without an error or with one that is caught", () => {
  test.each<[string, string]>([
    ["SELECT content FROM read_text('data/none.txt')", "data/none.txt"],
    ["SELECT content FROM read_blob(['data/a.csv', 'data/none.txt'])", "data/none.txt"],
    ["CREATE VIEW v AS SELECT content FROM read_text('data/none.txt')", "data/none.txt"],
    // Looked for where the process is, and nowhere else.
    ["ATTACH 'data/none.db' AS none (READ_ONLY)", path.resolve("data/none.db")],
    ["IMPORT DATABASE 'data/none'", "data/none/schema.sql"],
  ])("%s", async (text, expected) => {
    await sql`${sql.raw(text)}`.then(
      () => {},
      () => {},
    );
    expect(rig.named("exists")).toContain(expected);
    expect(rig.opaque).toEqual([]);
  });
});

describe("when a file was changed is noted where SQL may ask for it", () => {
  test.each<[string, string[]]>([
    ["SELECT last_modified FROM read_text('data/a.csv')", ["data/a.csv"]],
    ["SELECT * FROM read_blob('data/a.csv')", ["data/a.csv"]],
    ["FROM read_text('data/a.csv')", ["data/a.csv"]],
    ["SELECT content FROM read_text('data/a.csv')", []],
    ["SELECT * FROM read_csv('data/a.csv')", []],
    ["CREATE VIEW v AS SELECT last_modified AS t FROM read_text('data/a.csv'); SELECT t FROM v", ["data/a.csv"]],
  ])("%s", async (text, expected) => {
    await sql`${sql.raw(text)}`;
    expect(files()).toEqual(["data/a.csv"]);
    expect(rig.named("stat")).toEqual(expected);
  });
});

describe("what the engine cannot see through", () => {
  test("addresses", async () => {
    expect(await failed(() => sql`FROM 'https://example.org/x.csv'`)).toMatch(/^E_SQL: .*; fetch the file in a step of its own/s);
    expect(rig.opaque).toEqual([{ kind: "network", what: "example.org" }]);
  });

  test("extensions", async () => {
    expect(await failed(() => sql`LOAD spatial`)).toMatch(/^E_/);
    expect(rig.opaque).toEqual([{ kind: "native", what: "DuckDB extension spatial" }]);
  });

  test.each([
    ["FROM glob('data/' || '*.csv')", "glob"],
    ["SELECT * FROM (SELECT 1 AS a) JOIN glob(concat('data', '/*.csv')) ON true", "glob"],
    ["CREATE MACRO listed(f) AS TABLE FROM glob(f)", "glob"],
    ["FROM glob('data/*.csv')", undefined],
    ["FROM glob(['data/*.csv', 'data/a.*'])", undefined],
    ["SELECT 'data/a.csv' GLOB ('data/' || '*.csv') AS a", undefined],
    ["SELECT content FROM read_text('data/' || 'none.txt')", "read_text"],
    ["CREATE MACRO bytes(f) AS TABLE FROM read_blob(f)", "read_blob"],
  ])("a name that SQL makes, where no file need be opened: %s", async (text, lenient) => {
    await sql`${sql.raw(text)}`;
    expect(rig.opaque).toEqual(lenient ? [{ kind: "native", what: `${lenient}() in DuckDB, of a name that SQL makes` }] : []);
  });

  test("nothing is downloaded behind the step's back", async () => {
    expect(await sql`SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%extensions' ORDER BY name`.rows()).toEqual([
      { name: "autoinstall_known_extensions", value: "false" },
      { name: "autoload_known_extensions", value: "false" },
    ]);
  });
});

describe("written", () => {
  test("COPY … TO, in parts, and databases", async () => {
    const out = path.join(rig.project, "out");
    await sql`COPY (SELECT range % 2 AS k, range AS v FROM range(4)) TO ${out} (FORMAT csv, PARTITION_BY (k))`;
    await sql`ATTACH ${path.join(rig.project, "my.db")} AS my`;
    await sql`CREATE TABLE my.t AS SELECT 1 AS a`;
    await sql`DETACH my`;
    expect(rig.written.filter((file) => file.startsWith("out")).sort()).toEqual(["out/k=0/data_0.csv", "out/k=1/data_0.csv"]);
    expect(rig.written).toContain("my.db");
  });

  test("COPY … TO over a file that is there", async () => {
    const file = rig.file("data/out.csv", "old");
    await sql`COPY (SELECT 1 AS a) TO ${file}`;
    expect(rig.written).toEqual(["data/out.csv"]);
  });
});

describe("csv and parquet", () => {
  test("note what they read", async () => {
    await sql`COPY (SELECT 1 AS a) TO ${path.join(rig.project, "data/t.parquet")}`;
    await csv("data/a.csv");
    const made = await parquet("data/t.parquet");
    await made.rows();
    expect(files()).toEqual(["data/a.csv", "data/t.parquet"]);
    expect(rig.reads.every(({ kind }) => kind === "file")).toBe(true);
  });

  test("a path with key=value and with pattern characters in it", async () => {
    await sql`COPY (SELECT 1 AS a) TO ${path.join(rig.project, "data/run=3.parquet")}`;
    rig.file("data/[x]/k=1/t.csv", "a\n1\n");
    const made = await parquet("data/run=3.parquet");
    expect(await made.rows()).toEqual([{ a: 1 }]);
    expect(await (await csv("data/[x]/k=1/t.csv")).rows()).toEqual([{ a: 1 }]);
  });

  test("names with what JSON would have escaped, and whatever is read then", async () => {
    for (const name of ["b\\c", 'say "x"', "two\nlines"]) {
      rig.file(`data/${name}.csv`, "a\n1\n");
      expect(await (await csv(`data/${name}.csv`)).rows()).toEqual([{ a: 1 }]);
    }
    await sql`FROM 'data/a.csv'`;
    await sql`FROM 'data/say "x".csv'`;
    expect(files()).toEqual(["data/a.csv", "data/b\\c.csv", 'data/say "x".csv', "data/two\nlines.csv"]);
  });

  test("a name that is a pattern for another file, too", async () => {
    for (const [name, a] of Object.entries({ "x[1]": 1, x1: 2, "y*": 3, yy: 4, "z?": 5, zz: 6 })) {
      rig.file(`data/${name}.csv`, `a\n${a}\n`);
      await sql`COPY (SELECT ${a} AS a) TO ${path.join(rig.project, `data/${name}.parquet`)}`;
    }
    rig = makeRig({ project: rig.project });
    for (const [name, a] of Object.entries({ "x[1]": 1, "y*": 3, "z?": 5 })) {
      expect(await (await csv(`data/${name}.csv`)).rows()).toEqual([{ a }]);
      expect(await (await parquet(`data/${name}.parquet`)).rows()).toEqual([{ a }]);
    }
    expect(files()).toEqual(["x[1]", "y*", "z?"].flatMap((name) => [`data/${name}.csv`, `data/${name}.parquet`]));
    expect(rig.reads.every(({ kind }) => kind === "file")).toBe(true);
  });
});
