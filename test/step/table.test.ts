import fc from "fast-check";
import { beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { csv, sql, table, type Table } from "../../src/step/api.ts";
import { mimeBundle } from "../../src/step/display.ts";
import { failed, makeRig } from "./rig.ts";

beforeEach(() => void makeRig());

const display = Symbol.for("Jupyter.display");

/** As a Float16Array is where Node has none: of no kind that is known. */
const unknownArray = Object.setPrototypeOf(
  new Uint16Array(2),
  Object.create(Object.getPrototypeOf(Uint16Array.prototype) as object),
) as Uint16Array;

describe("reading", () => {
  test("schema, count, rows, head, slices", async () => {
    const made = await sql<{ n: number; t: string }>`SELECT range::INTEGER AS n, 't' || range AS t FROM range(25)`;
    expect(made.schema).toEqual([
      { name: "n", type: "INTEGER" },
      { name: "t", type: "VARCHAR" },
    ]);
    expect(made.count).toBe(25);
    expect((await made.rows()).length).toBe(25);
    expect(await made.head(2)).toEqual([
      { n: 0, t: "t0" },
      { n: 1, t: "t1" },
    ]);
    expect((await made.head()).length).toBe(10);
    expect(await made.rows({ limit: 1, offset: 24 })).toEqual([{ n: 24, t: "t24" }]);
    expect(await made.rows({ offset: 25 })).toEqual([]);
    expect(await failed(() => made.rows({ limit: -1 }))).toBe("E_USAGE: LIMIT is -1, not a whole number from 0; give a whole number");
    expectTypeOf(await made.rows()).toEqualTypeOf<{ n: number; t: string }[]>();
    expect(Object.isFrozen(made) && Object.isFrozen(made.schema)).toBe(true);
  });

  test("values by type", async () => {
    const [row] =
      await sql`SELECT 9007199254740993::BIGINT AS big, 5::BIGINT AS small, 18446744073709551615::UBIGINT AS ubig, 1.25::DECIMAL(10, 2) AS price,
      DATE '2024-02-29' AS day, TIMESTAMP '1969-12-31 23:59:59.9999' AS ts, TIMESTAMPTZ '2024-01-01 00:00:00+02' AS tz, TIMESTAMP_NS '2024-01-01 00:00:00.123456789' AS ns,
      'infinity'::TIMESTAMP AS never, TIME '10:20:30.5' AS time, INTERVAL '1 month 2 days' AS span, 'a'::BLOB AS bytes, [1, NULL] AS list, [1.5, 2]::DOUBLE[2] AS pair,
      {'a': 1, '__proto__': [DATE '2024-01-01']} AS struct, MAP {'k': 1::BIGINT} AS map, 'x'::ENUM ('x', 'y') AS choice, '00000000-0000-0000-0000-000000000001'::UUID AS uuid, NULL AS nothing, true AS yes,
      'nan'::FLOAT AS nan, '{"a": 1}'::JSON AS json`.then((made) => made.rows());
    const { struct, ...others } = row!;
    expect(others).toEqual({
      big: 9007199254740993n,
      small: 5,
      ubig: 18446744073709551615n,
      price: 1.25,
      day: new Date("2024-02-29"),
      ts: new Date("1969-12-31T23:59:59.999Z"),
      tz: new Date("2023-12-31T22:00:00Z"),
      ns: new Date("2024-01-01T00:00:00.123Z"),
      never: new Date(NaN),
      time: "10:20:30.5",
      span: "1 month 2 days",
      bytes: new Uint8Array([97]),
      list: [1, null],
      pair: [1.5, 2],
      map: new Map([["k", 1]]),
      choice: "x",
      uuid: "00000000-0000-0000-0000-000000000001",
      nothing: null,
      yes: true,
      nan: NaN,
      json: '{"a": 1}',
    });
    expect(Object.keys(struct as object)).toEqual(["a", "__proto__"]);
    expect(Object.getPrototypeOf(struct)).toBe(Object.prototype);
  });

  test("128 bits are 64, exactly or not at all, by whichever way they come", async () => {
    const big = 9007199254740993n;
    makeRig().file("big.csv", `id\n${big}\n`);
    await sql`CREATE TABLE t (n HUGEINT)`;
    for (const made of [
      await csv("big.csv", { columns: { id: "HUGEINT" } }),
      await table([{ n: big }], { n: "HUGEINT" }),
      await sql`INSERT INTO t VALUES (${big}) RETURNING n`,
    ]) {
      expect(made.schema[0]!.type).toBe("BIGINT");
      expect(Object.values((await made.rows())[0]!)).toEqual([big]);
    }
    expect(await failed(() => sql`INSERT INTO t VALUES (${2n ** 70n}) RETURNING n`)).toMatch(/^E_SQL/);
  });

  test("whole numbers, numbers and bigints as rows() gives them, become a table again", async () => {
    const rows = await (await sql`SELECT unnest([1, 2 ** 40, 9007199254740993, NULL])::BIGINT AS id`).rows();
    const again = await table(rows);
    expect(again.schema).toEqual([{ name: "id", type: "BIGINT" }]);
    expect(await again.rows()).toEqual(rows);
    expect((await table([{ a: 1 }, { a: 2 ** 40 }])).schema[0]!.type).toBe("DOUBLE");
  });

  test("names and values that read like a type of 128 bits stay", async () => {
    const made = await sql`SELECT {'hugeint': 1, 'a timetz b': 2, 'x': sum(1)} AS s, 'HUGEINT'::ENUM ('HUGEINT', 'a') AS e`;
    expect(await made.rows()).toEqual([{ s: { hugeint: 1, "a timetz b": 2, x: 1 }, e: "HUGEINT" }]);
  });

  test("decimals without digits after the point keep all of theirs", async () => {
    const made =
      await sql`SELECT unnest([99999999999999999999999999999999999999, 5, NULL])::DECIMAL(38, 0) AS d, [9007199254740993::DECIMAL(18, 0)] AS l`;
    expect(await made.rows({ limit: 2 })).toEqual([
      { d: 10n ** 38n - 1n, l: [9007199254740993n] },
      { d: 5, l: [9007199254740993n] },
    ]);
    expect(await made.column("d")).toEqual([10n ** 38n - 1n, 5, null]);
  });

  test("a time with an offset is a text, which Parquet would take the offset off", async () => {
    await sql`CREATE TABLE clocks (t TIMETZ)`;
    const [text, time] = ["10:20:30+02", sql.raw("'10:20:30+02'::TIMETZ")];
    const made = await sql`SELECT ${time} AS t, [${time}] AS l, {'t': ${time}} AS s, TIMESTAMPTZ '2024-01-01 00:00:00Z' AS tz`;
    expect(made.schema.map(({ type }) => type)).toEqual(["VARCHAR", "VARCHAR[]", "STRUCT(t VARCHAR)", "TIMESTAMP WITH TIME ZONE"]);
    expect(await made.rows()).toEqual([{ t: text, l: [text], s: { t: text }, tz: new Date("2024-01-01") }]);
    expect(await (await sql`INSERT INTO clocks VALUES (${text}) RETURNING t`).rows()).toEqual([{ t: text }]);
  });

  test("rows() without a table in between gives the same", async () => {
    expect(await sql`SELECT sum(range) AS s, 2::HUGEINT ** 80 AS h FROM range(3)`.rows()).toEqual([{ s: 3, h: 2 ** 80 }]);
    expect(await sql`SELECT (2::HUGEINT << 80)::HUGEINT AS h`.rows()).toEqual([{ h: 2n ** 81n }]);
  });
});

describe("columns", () => {
  test("of each kind", async () => {
    const made = await sql<{ d: number; f: number; i: number; b: bigint; s: string; w: number; day: Date; l: number[] }>`
      SELECT range / 2 AS d, range::FLOAT AS f, range::INTEGER AS i, range AS b, 's' || range AS s, range::UTINYINT AS w, DATE '2024-01-01' + range::INTEGER AS day, [range] AS l FROM range(3)`;
    expect(await made.columns()).toEqual({
      d: new Float64Array([0, 0.5, 1]),
      f: new Float32Array([0, 1, 2]),
      i: new Int32Array([0, 1, 2]),
      b: new Float64Array([0, 1, 2]),
      s: ["s0", "s1", "s2"],
      w: new Uint8Array([0, 1, 2]),
      day: [new Date("2024-01-01"), new Date("2024-01-02"), new Date("2024-01-03")],
      l: [[0], [1], [2]],
    });
    const { d, s } = await made.columns("d", "s");
    expect(d[1]! + s.length).toBe(3.5);
    expectTypeOf(s).toEqualTypeOf<string[]>();
    expect(await made.column("i")).toBeInstanceOf(Int32Array);
    expectTypeOf(await made.column("b")).toEqualTypeOf<Float64Array | BigInt64Array | BigUint64Array>();
  });

  test("of 64 bits are numbers, as rows() gives them, or all bigints where one is beyond 2^53", async () => {
    const safe = await sql<{
      b: number;
      u: number;
    }>`SELECT unnest([9007199254740991, -9007199254740991, -1, 0, 4294967296])::BIGINT AS b, unnest([9007199254740991, 4294967295, 0, 1, 2])::UBIGINT AS u`;
    expect(await safe.columns()).toEqual({
      b: new Float64Array([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1, 0, 2 ** 32]),
      u: new Float64Array([Number.MAX_SAFE_INTEGER, 2 ** 32 - 1, 0, 1, 2]),
    });
    expect((await safe.column("b")).some((value) => value === -1)).toBe(true);
    for (const [type, value] of [
      ["BIGINT", 2n ** 53n],
      ["BIGINT", -(2n ** 53n)],
      ["BIGINT", -(2n ** 63n)],
      ["UBIGINT", 2n ** 64n - 1n],
    ] as const) {
      const { n } = await (await sql`SELECT unnest([1, ${value}])::${sql.raw(type)} AS n`).columns("n");
      expect(n).toEqual(type === "BIGINT" ? new BigInt64Array([1n, value]) : new BigUint64Array([1n, value]));
    }
    const late = await sql<{
      b: number | bigint;
      n: number | bigint | null;
    }>`SELECT if(range = 5000, 9007199254740993, -range) AS b, if(range = 6000, NULL, b) AS n FROM range(6001)`;
    const { b, n } = await late.columns();
    expect(b).toEqual(BigInt64Array.from({ length: 6001 }, (_, i) => (i === 5000 ? 2n ** 53n + 1n : -BigInt(i))));
    expect(n).toEqual((await late.rows()).map((row) => row.n));
  });

  test("have types that say what may come", async () => {
    const made = await sql<{
      x: number;
      maybe: number | null;
      id: number | bigint;
      word: string | null;
    }>`SELECT 1.5::DOUBLE AS x, NULL::DOUBLE AS maybe, 1::BIGINT AS id, 'a' AS word`;
    const { x, maybe, id, word } = await made.columns();
    expectTypeOf(x).not.toExtend<number[]>();
    expectTypeOf(maybe).extract<unknown[]>().toEqualTypeOf<(number | null)[]>();
    expectTypeOf(id).toEqualTypeOf<Float64Array | BigInt64Array | BigUint64Array>();
    expectTypeOf(word).toEqualTypeOf<(string | null)[]>();
  });

  test("with a NULL: a plain array of what rows() gives, wherever the NULL is", async () => {
    const made = await sql<{
      d: number | null;
      b: number | null;
    }>`SELECT CASE WHEN range <> 5000 THEN range / 2 END AS d, CASE WHEN range <> 0 THEN range END AS b FROM range(6000)`;
    const { d, b } = await made.columns("d", "b");
    expect(Array.isArray(d) && Array.isArray(b)).toBe(true);
    expect([d[4999], d[5000], d[5001], d.length]).toEqual([2499.5, null, 2500.5, 6000]);
    expect([b[0], b[1], b[5999]]).toEqual([null, 1, 5999]);
  });

  test("are those of rows(), NULLs anywhere in chunks of any size", { timeout: 60_000 }, async () => {
    const places = fc.uniqueArray(fc.integer({ min: 0, max: 4200 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4200 }), places, async (count, nulls) => {
        const made =
          await sql`SELECT CASE WHEN NOT list_contains(${nulls}::INTEGER[], range::INTEGER) THEN range / 4 END AS d, range::SMALLINT AS i FROM range(${count})`;
        const [rows, { d, i }] = [await made.rows(), await made.columns()];
        expect(Array.from(d as Iterable<unknown>)).toEqual(rows.map((row) => row["d"]));
        expect(i).toEqual(Int16Array.from(rows, (row) => row["i"] as number));
        expect(Array.isArray(d)).toBe(nulls.some((place) => place < count));
      }),
      { numRuns: 15 },
    );
  });

  test("of no rows", async () => {
    expect(await (await sql`SELECT 1.5::DOUBLE AS d, 'x' AS s WHERE false`).columns()).toEqual({ d: new Float64Array(), s: [] });
  });

  test("an unknown name gets the nearest", async () => {
    const made = await sql<{ area_mean: number }>`SELECT 1 AS area_mean`;
    expect(await failed(() => made.column("area_maen" as "area_mean"))).toBe(
      'E_SQL: the table has no column "area_maen"; did you mean "area_mean"?',
    );
  });
});

describe("batches", () => {
  test("stream the rows in order, whatever else runs", async () => {
    const made = await sql<{ n: number }>`SELECT range::INTEGER AS n FROM range(10000)`;
    const sizes: number[] = [];
    let next = 0;
    for await (const rows of made.batches(3000)) {
      sizes.push(rows.length);
      for (const { n } of rows) expect(n).toBe(next++);
      await sql`SELECT count(*) FROM ${made}`;
    }
    expect(sizes).toEqual([3000, 3000, 3000, 1000]);
  });

  test("may be left early; are none for no rows", async () => {
    const made = await sql`SELECT range AS n FROM range(10000)`;
    for await (const rows of made.batches(10)) {
      expect(rows.length).toBe(10);
      break;
    }
    const none: unknown[] = [];
    for await (const rows of (await sql`SELECT 1 WHERE false`).batches()) none.push(rows);
    expect(none).toEqual([]);
    expect(
      await failed(async () => {
        for await (const _ of made.batches(0)) break;
      }),
    ).toMatch(/^E_USAGE: batches\(0\)/);
  });

  test("do not hold the table in memory", { timeout: 60_000 }, async () => {
    const made = await sql`SELECT range AS n, repeat('x', 200) || range AS t FROM range(1000000)`;
    let [rows, most] = [0, 0];
    const before = process.memoryUsage().heapUsed;
    for await (const batch of made.batches(5000)) {
      rows += batch.length;
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    expect(rows).toBe(1_000_000);
    // All of the texts would be 200 MB.
    expect(most / 2 ** 20).toBeLessThan(120);
  });
});

describe("table(…)", () => {
  test("of rows", async () => {
    const made = await table([
      { k: 1, x: 0.5, t: "a", when: new Date(5), ok: true, l: [1, 2], s: { a: 1n, b: null }, bytes: new Uint8Array([1]) },
      { k: -2, x: 1, t: null, when: null, ok: null, l: [0.5], s: { b: "x" }, extra: "e" },
    ]);
    expect(made.schema).toEqual([
      { name: "k", type: "INTEGER" },
      { name: "x", type: "DOUBLE" },
      { name: "t", type: "VARCHAR" },
      { name: "when", type: "TIMESTAMP" },
      { name: "ok", type: "BOOLEAN" },
      { name: "l", type: "DOUBLE[]" },
      { name: "s", type: "STRUCT(a BIGINT, b VARCHAR)" },
      { name: "bytes", type: "BLOB" },
      { name: "extra", type: "VARCHAR" },
    ]);
    expect(await made.rows()).toEqual([
      { k: 1, x: 0.5, t: "a", when: new Date(5), ok: true, l: [1, 2], s: { a: 1, b: null }, bytes: new Uint8Array([1]), extra: null },
      { k: -2, x: 1, t: null, when: null, ok: null, l: [0.5], s: { a: null, b: "x" }, bytes: null, extra: "e" },
    ]);
  });

  test("of columns, exactly, over several chunks", async () => {
    const x = new Float64Array(5000).map((_, index) => Math.sin(index));
    [x[0], x[1], x[2]] = [-0, NaN, Infinity];
    const big = new BigInt64Array(5000).fill(2n ** 62n);
    const made = await table({ x, big, label: Array.from(x, (_, index) => `l${index}`), bit: new Uint8Array(5000).fill(200) });
    expect(await made.columns()).toEqual({ x, big, label: Array.from(x, (_, index) => `l${index}`), bit: new Uint8Array(5000).fill(200) });
    expect(Object.is((await made.columns("x")).x[0], -0)).toBe(true);
  });

  test("with a schema", async () => {
    const made = await table([{ id: 1, day: "2024-02-29" }], { id: "BIGINT", day: "DATE", note: "VARCHAR" });
    expect(made.schema.map(({ type }) => type)).toEqual(["BIGINT", "DATE", "VARCHAR"]);
    expect(await made.rows()).toEqual([{ id: 1, day: new Date("2024-02-29"), note: null }]);
    expect((await table([], { id: "INTEGER" })).count).toBe(0);
    expect(await (await table([{}, {}], { a: "INTEGER" })).rows()).toEqual([{ a: null }, { a: null }]);
    expect(
      await (
        await table([{ k: 2, d: 1.239, day: new Date("2024-02-29"), t: "1.50" }], {
          k: "INTEGER",
          d: "DECIMAL(10, 2)",
          day: "DATE",
          t: "DECIMAL(4, 1)",
        })
      ).rows(),
    ).toEqual([{ k: 2, d: 1.24, day: new Date("2024-02-29"), t: 1.5 }]);
  });

  test("large whole numbers as text, and days in other words", async () => {
    expect(await (await table([{ id: 3_000_000_000 }, { id: 5 }], { id: "VARCHAR" })).column("id")).toEqual(["3000000000", "5"]);
    expect((await (await table([{ d: "2024-2-9" }, { d: "2024/02/09 00:00:00" }], { d: "DATE" })).column("d")).map(Number)).toEqual([
      Date.UTC(2024, 1, 9),
      Date.UTC(2024, 1, 9),
    ]);
  });

  test("fields of names that all objects have, where a row has none", async () => {
    const words = [{ constructor: 1 }, { valueOf: 2 }] as object[];
    expect(await (await table(words)).rows()).toEqual([
      { constructor: 1, valueOf: null },
      { constructor: null, valueOf: 2 },
    ]);
    expect(await (await table([{ s: words[0] }, { s: words[1] }])).rows()).toEqual([
      { s: { constructor: 1, valueOf: null } },
      { s: { constructor: null, valueOf: 2 } },
    ]);
  });

  test("several at once, while another table is read, with several threads: each its own rows in order", async () => {
    makeRig({ threads: 4 });
    const many = Array.from({ length: 5 }, (_, n) => Int32Array.from({ length: 50_000 }, (_, i) => i * n));
    const first = await table({ x: many[1]! });
    const reader = first.batches(1000);
    const [{ value: head }, ...made] = await Promise.all([reader.next(), ...many.map((x) => table({ x }))]);
    expect((head as { x: number }[])[999]).toEqual({ x: 999 });
    for (const [n, each] of made.entries()) expect((await each.columns()).x).toEqual(many[n]);
    await reader.return();
  });

  test("what a value throws when it is asked for is told as it is, and the next table is not harmed", async () => {
    let asked = 0;
    const row = {
      get x(): number {
        if (++asked > 1) throw new RangeError("gone");
        return 1;
      },
    };
    await expect(table([row])).rejects.toThrow(new RangeError("gone"));
    expect(await (await table([{ x: 2 }])).rows()).toEqual([{ x: 2 }]);
  });

  test("the row type is that of the data", async () => {
    const made = await table([{ k: 1, t: "a" }]);
    expectTypeOf((await made.rows())[0]!.k).toExtend<number>();
    const columns: Table<{ x: number }> = await table({ x: new Float64Array(2) });
    expect(columns.count).toBe(2);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ["no rows", () => table([]), 'E_USAGE: table: no rows, so no columns; give a schema as well: table(rows, { id: "INTEGER" })'],
    [
      "mixed values",
      () => table([{ a: 1 }, { a: "x" }]),
      'E_UNSTORABLE: table: row 2, column "a" is VARCHAR, and the rows above are INTEGER; make all values of a column of one type',
    ],
    [
      "a function",
      () => table([{ a: () => 1 }]),
      'E_UNSTORABLE: table: row 1, column "a" is a function, which a table cannot hold; tables hold numbers, bigints, strings, booleans, Dates, bytes, and arrays and objects of these',
    ],
    [
      "columns of other lengths",
      () => table({ a: [1], b: [1, 2] }),
      'E_UNSTORABLE: table: column "b" has 2 values and "a" 1; columns are equally long',
    ],
    ["a row that is none", () => table([1] as never), "E_UNSTORABLE: table: row 1 is not an object; give rows as { column: value }"],
    [
      "a column that is none",
      () => table({ a: 1 } as never),
      'E_UNSTORABLE: table: column "a" is not an array; give columns as arrays or typed arrays',
    ],
    [
      "a promise",
      () => table(Promise.resolve([{ a: 1 }]) as never, { a: "INTEGER" }),
      "E_UNSTORABLE: table: its data is a promise or a query, neither rows nor columns; await it first",
    ],
    [
      "a query",
      () => table(sql`SELECT 1` as never),
      "E_UNSTORABLE: table: its data is a promise or a query, neither rows nor columns; await it first",
    ],
    [
      "a Set",
      () => table(new Set([{ a: 1 }]) as never, { a: "INTEGER" }),
      "E_UNSTORABLE: table: its data is an iterable, neither rows nor columns; make an array of its rows: [...rows]",
    ],
    [
      "a typed array",
      () => table(new Float64Array(2) as never),
      "E_UNSTORABLE: table: its data is a typed array, neither rows nor columns; name the column: { x: array }",
    ],
    [
      "pages to come",
      () => table((async function* () {})() as never),
      "E_UNSTORABLE: table: its data is an asynchronous iterable, neither rows nor columns; collect its rows first: for await (const row of rows) all.push(row)",
    ],
    [
      "nothing",
      () => table(null as never),
      "E_UNSTORABLE: table: its data is null, neither rows nor columns; give an array of rows, or { column: array }",
    ],
    [
      "two columns of a name",
      () => table([{ id: 1, ID: 2 }]),
      'E_UNSTORABLE: table: two columns are called "id" and "ID"; names are compared without regard to case; rename one',
    ],
    [
      "two columns of a name, one by the schema",
      () => table([{ id: 1 }], { ID: "INTEGER" }),
      'E_UNSTORABLE: table: two columns are called "id" and "ID"; names are compared without regard to case; rename one',
    ],
    [
      "a fraction in a whole column",
      () => table([{ k: 1 }, { k: 1.5 }], { k: "INTEGER" }),
      'E_UNSTORABLE: table: row 2, column "k" is 1.5, which is not exactly INTEGER; round it first, or give the column a type that holds it',
    ],
    [
      "a fraction in a typed array",
      () => table({ k: new Float64Array([1, 0.5]) }, { k: "BIGINT" }),
      'E_UNSTORABLE: table: row 2, column "k" is 0.5, which is not exactly BIGINT; round it first, or give the column a type that holds it',
    ],
    [
      "a text with more digits",
      () => table([{ p: "1.239" }], { p: "DECIMAL(10, 2)" }),
      'E_UNSTORABLE: table: row 1, column "p" is 1.239, which is not exactly DECIMAL(10, 2); round it first, or give the column a type that holds it',
    ],
    [
      "a time in a day",
      () => table([{ d: new Date("2024-02-28T23:00:00Z") }], { d: "DATE" }),
      'E_UNSTORABLE: table: row 1, column "d" is 2024-02-28T23:00:00.000Z, which is not exactly DATE; round it first, or give the column a type that holds it',
    ],
    [
      "a time in a day, as text",
      () => table([{ d: "2024-02-28T00:00:00Z" }, { d: "2024-02-28T23:00:00Z" }], { d: "DATE" }),
      'E_UNSTORABLE: table: row 2, column "d" is 2024-02-28T23:00:00Z, which is not exactly DATE; round it first, or give the column a type that holds it',
    ],
    [
      "an offset that would be left out",
      () => table([{ t: "2024-02-28T23:00:00Z" }, { t: "2024-02-28 23:00:00+00" }, { t: "2024-02-28T23:00:00+02:00" }], { t: "TIMESTAMP" }),
      'E_UNSTORABLE: table: row 3, column "t" is 2024-02-28T23:00:00+02:00, which is not exactly TIMESTAMP; round it first, or give the column a type that holds it',
    ],
    [
      "milliseconds in seconds",
      () => table([{ t: new Date(1000) }, { t: new Date(1) }], { t: "TIMESTAMP_S" }),
      'E_UNSTORABLE: table: row 2, column "t" is 1970-01-01T00:00:00.001Z, which is not exactly TIMESTAMP_S; round it first, or give the column a type that holds it',
    ],
    [
      "a fraction with an exponent",
      () => table([{ k: "1e3" }, { k: "15e-1" }], { k: "INTEGER" }),
      'E_UNSTORABLE: table: row 2, column "k" is 15e-1, which is not exactly INTEGER; round it first, or give the column a type that holds it',
    ],
    [
      "a typed array that DuckDB has no type for",
      () => table({ x: unknownArray }),
      'E_UNSTORABLE: table: column "x" is a Uint16Array, which a table cannot hold; tables hold numbers, bigints, strings, booleans, Dates, bytes, and arrays and objects of these',
    ],
    [
      "one in a row",
      () => table([{ x: unknownArray }]),
      'E_UNSTORABLE: table: row 1, column "x" is a Uint16Array, which a table cannot hold; tables hold numbers, bigints, strings, booleans, Dates, bytes, and arrays and objects of these',
    ],
    [
      "one in a query",
      () => sql`SELECT ${unknownArray}`.rows(),
      "E_SQL: sql: value 1 is a Uint16Array, which SQL cannot take; copy it into a Float64Array",
    ],
  ])("%s is refused", async (_, make, message) => {
    expect(await failed(make)).toBe(message);
  });

  test("a value that the schema's type cannot hold", async () => {
    expect(await failed(() => table([{ a: "x" }], { a: "INTEGER" }))).toBe(
      'E_UNSTORABLE: table: row 1, column "a" is x, which is not INTEGER; correct it, or give the column a type that holds it',
    );
    const numbers = Array.from({ length: 5000 }, (_, id) => ({ id, k: id === 4000 ? 300 : 1 }));
    expect(await failed(() => table(numbers, { id: "VARCHAR", k: "TINYINT" }))).toBe(
      'E_UNSTORABLE: table: row 4001, column "k" is 300, which is not TINYINT; correct it, or give the column a type that holds it',
    );
    expect(await failed(() => table([{ a: 1 }], { a: "INTEGR" }))).toBe(
      "E_USAGE: table: the schema names a type that DuckDB does not know: INTEGR; such as INTEGER, DOUBLE, VARCHAR, DATE, DECIMAL(10, 2)",
    );
    expect((await table([{ a: 1 }])).count).toBe(1);
  });
});

describe("shown", () => {
  test("shape, types and first rows, hostile cells harmless", async () => {
    const made = await table([
      { name: "<script>alert('x')</script>\u001b[2J", n: 1 },
      ...Array.from({ length: 1999 }, (_, n) => ({ name: "b", n })),
    ]);
    const bundle = await mimeBundle(made);
    expect(Object.keys(bundle)).toEqual(["text/html", "text/plain"]);
    expect(bundle["text/html"]).not.toContain("<script>");
    expect(bundle["text/html"]).toContain("2,000 rows × 2 columns, the first 10 shown");
    expect(String(bundle["text/plain"]).split("\n")).toEqual([
      "name                      n",
      "VARCHAR                   INTEGER",
      "<script>alert('x')</scr…  1",
      ...Array.from({ length: 9 }, (_, n) => `b                         ${n}`),
      "…",
      "2,000 rows × 2 columns",
    ]);
    expect(display in made).toBe(true);
  });

  test("numbers lose no digit before the point, and keep one after it; nested values are whole", async () => {
    const made =
      await sql`SELECT 1234567.89 AS a, 123456789.123::DOUBLE AS b, 0.123456789 AS c, -12.3456789 AS d, 'nan'::DOUBLE AS e, '-inf'::DOUBLE AS f, 7::BIGINT AS g,
      {'n': 9007199254740993, 'm': MAP {'k': 'nan'::DOUBLE}, 'at': ['infinity'::TIMESTAMP]} AS s`;
    const text = String((await mimeBundle(made))["text/html"]);
    const cells = [...text.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell!.replaceAll("&#34;", '"'));
    expect(cells).toEqual([
      "1234567.9",
      "123456789.1",
      "0.123457",
      "-12.3457",
      "NaN",
      "-Infinity",
      "7",
      '{"n":"9007199254740993","m":[["k","NaN"]],"at":["infinity"]}',
    ]);
  });

  test("of many columns those that fit a line", async () => {
    const wide = await table([Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`column_${index}`, index]))]);
    const [line] = String((await mimeBundle(wide))["text/plain"]).split("\n");
    expect(line!.length).toBeLessThan(125);
    expect(line).toMatch(/^column_0 .* …$/);
  });
});
