import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { sql, table } from "../../src/step/api.ts";
import { failed, failureOf, makeRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeEach(() => void (rig = makeRig()));

describe("composition", () => {
  test("a query is not run before it is awaited, and once however often it is", async () => {
    const query = sql<{ a: number }>`SELECT 1 AS a`;
    const [first, second] = [await query, await query];
    expect(first).toBe(second);
    expect(await first.rows()).toEqual([{ a: 1 }]);
  });

  test("queries go in as subqueries, tables by their file, parameters are numbered through", async () => {
    const numbers = await sql`SELECT range AS n FROM range(10)`;
    const small = sql`SELECT n FROM ${numbers} WHERE n < ${5}; -- the small ones`;
    const even = sql<{ n: number }>`SELECT n FROM ${small} WHERE n % ${2} = 0 AND n < ${5} ORDER BY n`;
    expect(even.text).toMatch(
      /^SELECT n FROM \(SELECT n FROM read_parquet\('.*table-1\.parquet'\) WHERE n < \$1\) WHERE n % \$2 = 0 AND n < \$1 ORDER BY n$/,
    );
    expect(await even.rows()).toEqual([{ n: 0 }, { n: 2 }, { n: 4 }]);
    expect(await sql`SELECT count(*) AS n FROM (${even})`.first()).toEqual({ n: 3 });
  });

  test("a table stands where a query does, too", async () => {
    const small = await sql`SELECT range::INTEGER AS n FROM range(3)`;
    expect(await sql`SUMMARIZE ${small}`.first()).toMatchObject({ column_name: "n", min: "0", max: "2", count: 3 });
    expect(await sql`DESCRIBE\n${small}`.first()).toMatchObject({ column_name: "n", column_type: "INTEGER" });
    expect(await sql`SELECT n FROM range(5) AS t(n) WHERE n IN ${small} AND n >= ALL ${small}`.rows()).toEqual([{ n: 2 }]);
    expect(await sql`WITH a AS ${small} SELECT 7 AS n UNION ALL BY NAME ${small}`.rows()).toHaveLength(4);
    const file = path.join(rig.project, "small.csv");
    await sql`COPY ${small} TO ${file}`;
    expect(readFileSync(file, "utf8")).toBe("n\n0\n1\n2\n");
    await sql`CREATE TEMP TABLE kept AS ${small}`;
    expect(await sql`SELECT count(*) AS n FROM kept`.first()).toEqual({ n: 3 });
  });

  test("a comment at a subquery's end does not swallow the rest", async () => {
    const query = sql`SELECT 1 AS a -- one`;
    expect(await sql`SELECT a FROM ${query}`.rows()).toEqual([{ a: 1 }]);
    expect(await (await query).rows()).toEqual([{ a: 1 }]);
  });

  test("an expression with a parameter equals itself in GROUP BY", async () => {
    const width = 3;
    const rows = await sql`SELECT range // ${width} AS bin, count(*) AS n FROM range(7) GROUP BY range // ${width} ORDER BY bin`.rows();
    expect(rows).toEqual([
      { bin: 0, n: 3 },
      { bin: 1, n: 3 },
      { bin: 2, n: 1 },
    ]);
  });

  test("sql.id quotes, sql.join joins, sql.raw pastes", async () => {
    const odd = 'a "b" c';
    const rows = await sql`SELECT ${sql.id(odd)} FROM (SELECT 1 AS ${sql.id(odd)})`.rows();
    expect(rows).toEqual([{ [odd]: 1 }]);
    expect(sql`SELECT ${[sql.id("a"), sql.id("t", "b")]} FROM t`.text).toBe('SELECT "a", "t"."b" FROM t');
    const means = sql.join(["x", "y"].map((name) => sql`avg(${sql.id(name)}) + ${1} AS ${sql.id(name)}`));
    expect(await sql`SELECT ${means} FROM (VALUES (1, 2), (3, 6)) AS t(x, y)`.rows()).toEqual([{ x: 3, y: 5 }]);
    expect(await sql`SELECT a FROM (VALUES (1), (2)) AS t(a) ORDER BY a ${sql.raw("DESC")}`.rows()).toEqual([{ a: 2 }, { a: 1 }]);
  });

  test("lists of values are lists", async () => {
    expect(
      await sql`SELECT 2 IN ${[1, 2]} AS a, 3 IN ${new Int32Array([1, 2])} AS b, 1 IN ${[]} AS c, len(${[[1], [2.5, null]]}) AS d`.first(),
    ).toEqual({ a: true, b: false, c: false, d: 2 });
  });

  test("many at once", async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) => sql<{ i: number }>`SELECT ${index} AS i FROM range(1000) LIMIT 1`),
    );
    expect(await Promise.all(all.map(async (each) => (await each.rows())[0]!.i))).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });
});

describe("values are exact", () => {
  const through = async (value: unknown) => (await (await sql`SELECT ${value} AS v`).rows())[0]!["v"];

  test.each<[unknown]>([
    ['it\'s "quoted" $1 -- ?'],
    ["\u0000 \ud83d\ude00"],
    [""],
    [-0],
    [NaN],
    [Infinity],
    [0.1],
    [5e-324],
    [2 ** 53],
    [-(2 ** 31) - 1],
    [2 ** 31],
    [true],
    [null],
    [new Date("1969-12-31T23:59:59.999Z")],
    [new Date(253402300800000)],
  ])("%o", async (value) => {
    expect(
      Object.is(await through(value), value) || (value instanceof Date && ((await through(value)) as Date).getTime() === value.getTime()),
    ).toBe(true);
  });

  test("bigint and bytes", async () => {
    expect(await through(2n ** 63n - 1n)).toBe(2n ** 63n - 1n);
    expect(await through(5n)).toBe(5);
    expect(await through(new Uint8Array([0, 255, 39]))).toEqual(new Uint8Array([0, 255, 39]));
    expect(await sql`SELECT (${2n ** 100n} // ${2n ** 90n})::INTEGER AS v`.first()).toEqual({ v: 1024 });
  });

  test("any double and any text, bound or written into the statement", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.double(), fc.string({ unit: "grapheme" }), async (number, text) => {
        const bound = await sql`SELECT ${number} AS n, ${text} AS t, ${[number]} AS l`.first();
        const written = await sql`SELECT 1; SELECT ${number} AS n, ${text} AS t, ${[number]} AS l`.first();
        const whole = Number.isInteger(number) && !Object.is(number, -0);
        for (const row of [bound, written]) {
          expect(Object.is(row["n"], number) || (whole && row["n"] === number)).toBe(true);
          expect(row["t"]).toBe(text);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("types are those that the literal would have", async () => {
    const types =
      await sql`SELECT typeof(${1}) a, typeof(${3e9}) b, typeof(${1.5}) c, typeof(${1n}) d, typeof(${2n ** 70n}) e, typeof(${"x"}) f, typeof(${new Date(0)}) g, typeof(${[1, 2.5]}) h, typeof(${new Uint8Array(1)}) i, typeof(${-0}) j`.first();
    expect(Object.values(types)).toEqual([
      "INTEGER",
      "BIGINT",
      "DOUBLE",
      "BIGINT",
      "HUGEINT",
      "VARCHAR",
      "TIMESTAMP",
      "DOUBLE[]",
      "BLOB",
      "DOUBLE",
    ]);
  });

  test("whole numbers of 128 bits are kept as 64, or refused", async () => {
    const sum = await sql`SELECT sum(range::INTEGER) AS s, [sum(range)] AS l FROM range(${10})`;
    expect(sum.schema).toEqual([
      { name: "s", type: "BIGINT" },
      { name: "l", type: "BIGINT[]" },
    ]);
    expect(await sum.rows()).toEqual([{ s: 45, l: [45] }]);
    expect(await failed(() => sql`SELECT ${2n ** 64n} AS big`)).toMatch(
      /^E_SQL: SQL: .*INT128.*out of range.*; whole numbers are kept as 64-bit; cast it to DOUBLE or DECIMAL\(38, 0\)$/s,
    );
    const ordered = await sql<{
      a: number;
      s: number;
    }>`SELECT a, sum(b) AS s, a AS a FROM (VALUES (3, 1), (1, 2), (2, 3)) t(a, b) GROUP BY a ORDER BY a DESC`;
    expect((await ordered.rows()).map(({ a }) => a)).toEqual([3, 2, 1]);
  });

  test.each<[string, unknown, string]>([
    [
      "an object",
      { a: 1 },
      "E_SQL: sql: value 1 is an object, which SQL cannot take; give its fields one by one, or make a table of it with table(rows)",
    ],
    ["undefined", undefined, "E_SQL: sql: value 1 is undefined, which SQL cannot take; give a value, or null for SQL's NULL"],
    ["a function", () => 1, "E_SQL: sql: value 1 is a function, which SQL cannot take; give a value, a Table, a query or sql.id(…)"],
    ["a promise", Promise.resolve(1), "E_SQL: sql: value 1 is a promise, which SQL cannot take; await it first"],
    ["an invalid Date", new Date(NaN), "E_SQL: sql: value 1 is an invalid Date, which SQL cannot take; check the text it was made from"],
    [
      "a Map",
      new Map(),
      "E_SQL: sql: value 1 is a Map, which SQL cannot take; give its fields one by one, or make a table of it with table(rows)",
    ],
    [
      "a mixed list",
      [1, "a"],
      "E_SQL: sql: value 1 is a list of both INTEGER and VARCHAR, which SQL cannot take; make all items of one type",
    ],
    [
      "a list with a hole for a value",
      [undefined],
      "E_SQL: sql: an item of value 1 is undefined, which SQL cannot take; give a value, or null for SQL's NULL",
    ],
  ])("%s is refused", async (_, value, message) => {
    expect(await failed(() => sql`SELECT ${value}`)).toBe(message);
  });
});

describe("statements", () => {
  test("that are not queries run too, with values in them", async () => {
    await sql`CREATE TABLE t AS SELECT ${"it's"} AS a, ${new Date(0)} AS d, ${[1, 2]} AS l, ${-3} AS n, ${new Uint8Array([1])} AS b`;
    expect(await (await sql`INSERT INTO t BY NAME SELECT ${"b"} AS a`).rows()).toEqual([{ Count: 1 }]);
    expect(await (await sql`INSERT INTO t BY NAME SELECT ${"c"} AS a RETURNING a`).rows()).toEqual([{ a: "c" }]);
    expect(await sql`FROM t LIMIT 1`.first()).toEqual({ a: "it's", d: new Date(0), l: [1, 2], n: -3, b: new Uint8Array([1]) });
    await sql`CREATE VIEW v AS SELECT * FROM t WHERE a = ${"b"}`;
    expect((await sql`FROM v`).count).toBe(1);
  });

  test("several in one text: the last one's rows", async () => {
    const rows = await sql`CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (${1}), (2); -- now
      SELECT a FROM t WHERE a > ${1};`;
    expect(await rows.rows()).toEqual([{ a: 2 }]);
  });

  test.each([
    "DESCRIBE SELECT 1 AS a",
    "SUMMARIZE SELECT 1 AS a",
    "EXPLAIN SELECT 1",
    "SHOW TABLES",
    "PRAGMA version",
    "CALL pragma_version()",
    "VALUES (1)",
    "PIVOT (SELECT 1 AS a, 'x' AS b) ON b USING sum(a)",
    "WITH t AS (SELECT 1) FROM t",
    "(SELECT 1)",
  ])("%s", async (text) => {
    const result = await sql`${sql.raw(text)}`;
    expect(result.schema.length).toBeGreaterThan(0);
    expect((await result.rows()).length).toBe(result.count);
  });

  test("COPY … TO writes a file of the user's", async () => {
    const target = path.join(rig.project, "out.csv");
    await sql`COPY (SELECT 1 AS a) TO ${target}`;
    expect(readFileSync(target, "utf8")).toBe("a\n1\n");
    expect(rig.written).toEqual(["out.csv"]);
    expect(rig.named("file")).toEqual([]);
  });
});

describe("errors", () => {
  test("line, column, the line with a caret, and where it was written", async () => {
    const failure = await failureOf(
      () => sql`
      SELECT id,
             aera
      FROM (SELECT 1 AS id, 2 AS area)`,
    );
    expect(failure.message).toBe(
      'SQL: Referenced column "aera" not found in FROM clause! Candidate bindings: "area" (line 3, column 14 of the SQL)\n' +
        "  3 |              aera\n" +
        "    |              ^",
    );
    expect(failure.place?.file).toBe(import.meta.filename);
    expect(failure.place?.line).toBeGreaterThan(140);
  });

  test("positions count characters, not bytes, and that of a query inside another too", async () => {
    const inner = sql`SELECT 'äöü€😀' AS s, nope`;
    expect(await failed(() => sql`FROM ${inner}`.rows())).toMatch(
      /\(line 1, column 29 of the SQL\)\n {2}1 \| FROM \(SELECT 'äöü€😀' AS s, nope\)\n {4}\| {29}\^$/,
    );
  });

  test("the same for rows(), for syntax and for values that do not convert", async () => {
    expect(await failed(() => sql`SELEC 1`.rows())).toMatch(
      /^E_SQL: SQL: syntax error at or near "SELEC" \(line 1, column 1 of the SQL\)\n {2}1 \| SELEC 1\n {4}\| \^$/,
    );
    expect(await failed(() => sql`SELECT CAST(a AS INTEGER) FROM (VALUES ('x')) t(a)`)).toMatch(
      /^E_SQL: SQL: Could not convert string 'x' to INT32.* \(line 1, column 8 of the SQL\)/,
    );
    expect(await failed(() => sql`SELECT a FROM range(3) LIMIT 'x'; SELECT 1`)).toMatch(/^E_SQL: /);
    for (const empty of [sql``, sql` -- nothing`, sql`;`])
      expect(await failed(() => empty)).toBe("E_SQL: the SQL is empty; write a statement, such as SELECT 1");
    expect(await failed(() => sql`SELECT 1 WHERE false`.first())).toBe(
      "E_SQL: SQL: no row\nSELECT 1 WHERE false; rows() gives an empty list instead",
    );
  });

  test("a backslash that the template takes away", async () => {
    // As JavaScript hands them over: the second piece is undefined.
    const tagged = (...raw: string[]) =>
      sql(Object.assign(raw.map(() => undefined) as never as string[], { raw }) as never as TemplateStringsArray);
    for (const text of [
      String.raw`SELECT '\d+'`.replace("\\\\", "\\"),
      String.raw`SELECT '\2'`.replace("\\\\", "\\"),
      "SELECT '\\u'",
      "SELECT '\\b'",
    ])
      expect(await failed(() => tagged(text)), text).toMatch(/^E_SQL: the SQL has \\., of which a template makes another text; write \\\\/);
    expect(await sql`SELECT '\\d' AS a, '\n' AS b, '\`\${1}' AS c, '\u00e9\x41' AS d`.rows()).toEqual([
      { a: "\\d", b: "\n", c: "`${1}", d: "éA" },
    ]);
    expect(await sql`SELECT E'it\\'s; x' AS a`.rows()).toEqual([{ a: "it's; x" }]);
  });

  test("a struct without names, of which only one field would be left", async () => {
    expect(await failed(() => sql`SELECT row(1, 2) AS r`.rows())).toBe(
      "E_SQL: SQL gives a STRUCT(INTEGER, INTEGER), whose fields have no names of their own; write {'a': 1, 'b': 2} in place of row(1, 2)",
    );
  });

  test("a negative interval, which Parquet does not hold", async () => {
    expect(await failed(() => sql`SELECT TIMESTAMP '2024-01-01' - TIMESTAMP '2024-01-02' AS d`)).toMatch(
      /^E_SQL: SQL: Parquet files do not support negative intervals.*; take its seconds, epoch\(…\), or cast it to VARCHAR$/s,
    );
  });

  test("a value inside quotes or a comment, where nothing is put in", async () => {
    expect(await failed(() => sql`SELECT ${"a"} AS a, '${"a"}' AS b`)).toBe(
      "E_SQL: the SQL has a value inside quotes, where nothing is put in: ${…}; leave the quotes out, and make a longer text in JavaScript: ${`data/${name}.csv`}",
    );
    expect(await failed(() => sql`FROM read_csv('data/${"t"}.csv')`.rows())).toMatch(/^E_SQL: .* put in: data\/\$\{…\}\.csv; leave/);
    expect(await failed(() => sql`SELECT 1 AS a -- WHERE a > ${1}`)).toMatch(/^E_SQL: the SQL has a value inside a comment/);
    expect(await sql`SELECT ${"a"} AS a, 'it is $1' AS b -- of $1`.rows()).toEqual([{ a: "a", b: "it is $1" }]);
  });

  test("in a transaction the first error is told", async () => {
    await sql`BEGIN`;
    expect(await failed(() => sql`SELECT error('boom')`)).toMatch(/^E_SQL: .*boom/);
    await sql`ROLLBACK`;
  });

  test("a missing file", async () => {
    expect(await failed(() => sql`FROM 'data/nope.csv'`)).toMatch(
      /^E_FILE: SQL reads data\/nope\.csv, which is not there\n {2}\| FROM 'data\/nope\.csv'; paths are relative to the project$/,
    );
    expect(rig.named("exists")).toContain("data/nope.csv");
  });

  test("memory", async () => {
    makeRig({ memory: 20 });
    expect(await failed(() => sql`SELECT list(range) AS l FROM range(20000000)`)).toMatch(
      /^E_STEP_MEMORY: a query needs more memory than DuckDB may use: .*; give the step more: export const config = \{ memory: "4GB" \}$/s,
    );
  });

  test.runIf(process.platform === "linux")("a full disk", async () => {
    expect(await failed(() => sql`COPY (FROM range(1000000)) TO '/dev/full' (FORMAT csv)`)).toBe(
      `E_DISK_FULL: no space left for a query: Could not write file "/dev/full": No space left on device; free space on the disk of .stepbook/`,
    );
  });

  test("an error leaves DuckDB as it was", async () => {
    await failed(() => sql`SELECT nope`);
    expect(await sql`SELECT 1 AS a`.rows()).toEqual([{ a: 1 }]);
    expect(existsSync(path.join(rig.host.staging, "table-1.parquet"))).toBe(false);
  });
});

describe("what differs from run to run is told", () => {
  const warnings = () => rig.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));

  test.each([
    [
      "SELECT random() AS r",
      "SQL uses random(), so the result differs in every run; order by hash(id, 42), or run SELECT setseed(0.42) first",
    ],
    ["SELECT now() AS r", "SQL uses now(), so the result differs in every run; use run.logicalDate as a value"],
    ["SELECT current_date AS r", "SQL uses current_date, so the result differs in every run; use run.logicalDate as a value"],
    [
      "SELECT age(greatest(TIMESTAMP '2020-01-01', TIMESTAMP '2021-01-01')) AS r",
      "SQL uses age(), so the result differs in every run; use run.logicalDate as a value",
    ],
    ["FROM range(10) USING SAMPLE 3", "SQL uses sampling, so the result differs in every run; write REPEATABLE (42) after it"],
  ])("%s", async (text, message) => {
    await sql`${sql.raw(text)}`;
    await sql`${sql.raw(text)}`;
    expect(warnings()).toEqual([message]);
  });

  test.each([
    "SELECT 'random() now()' AS r -- uuid()",
    "SELECT setseed(0.5); SELECT random() AS r",
    "FROM range(10) USING SAMPLE reservoir(3 ROWS) REPEATABLE (42)",
    "FROM range(10) USING SAMPLE 20% (system, 377)",
    "SELECT age(TIMESTAMP '2024-01-01', least(TIMESTAMP '2020-01-01', TIMESTAMP '2021-01-01')) AS r",
    "SELECT t.today FROM (SELECT 1 AS today) t",
  ])("nothing to tell: %s", async (text) => {
    await sql`${sql.raw(text)}`;
    expect(warnings()).toEqual([]);
  });
});

test("tables of other packages' copies are known by their mark", async () => {
  const made = await table([{ a: 1 }]);
  const copy = Object.defineProperty({}, Symbol.for("stepbook.table"), {
    value: (made as unknown as Record<symbol, unknown>)[Symbol.for("stepbook.table")],
  });
  expect(await sql`FROM ${copy}`.rows()).toEqual([{ a: 1 }]);
});
