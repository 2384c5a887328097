import { beforeEach, describe, expect, test } from "vitest";
import { check, parquet, sql, table, type CheckRules } from "../../src/step/api.ts";
import { failed, failureOf, makeRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeEach(() => void (rig = makeRig()));

interface Patient {
  id: number | null;
  diagnosis: string | null;
  mean: number | null;
  worst: number | null;
}

const rows: Patient[] = [
  { id: 1, diagnosis: "M", mean: 10, worst: 12 },
  { id: 2, diagnosis: "B", mean: 20, worst: 15 },
  { id: 2, diagnosis: "X", mean: NaN, worst: 90 },
  { id: null, diagnosis: null, mean: -1, worst: null },
];
const patients = () => table(rows as never) as unknown as Promise<import("../../src/step/api.ts").Table<Patient>>;
const checked = () => rig.events.flatMap((event) => (event.type === "checked" ? [event] : []));

test("a list of what is accepted may hold null, and a column may be called as the count is", async () => {
  const letters = await table([
    { d: "M", n: 1 },
    { d: "X", n: 2 },
    { d: null, n: 3 },
  ]);
  expect(await failed(() => check(letters, { accepted: { d: ["M", null] }, unique: ["n"] }))).toMatch(
    /^E_CHECK: check of table: d is one of "M", null: 1 row\n/,
  );
  expect(checked()[0]!.rules.map(({ failing }) => failing)).toEqual([0, 1]);
});

test("rules that hold: nothing but the counts", async () => {
  await check(await patients(), {
    rows: 4,
    notNull: [],
    unique: ["mean", ["id", "diagnosis"]],
    accepted: { diagnosis: ["M", "B", "X"] },
    range: { id: [1, null], worst: [null, 90] },
    that: { "id is small": sql`id < ${100} OR id IS NULL` },
    name: "patients",
  });
  expect(checked()).toEqual([
    {
      type: "checked",
      table: "patients",
      rules: [
        { rule: "rows 4", failing: 0, sample: [] },
        { rule: "mean is unique", failing: 0, sample: [] },
        { rule: "id + diagnosis is unique", failing: 0, sample: [] },
        { rule: 'diagnosis is one of "M", "B", "X"', failing: 0, sample: [] },
        { rule: "id is at least 1", failing: 0, sample: [] },
        { rule: "worst is at most 90", failing: 0, sample: [] },
        { rule: "id is small", failing: 0, sample: [] },
      ],
    },
  ]);
});

describe("a rule that does not", () => {
  test.each<[string, CheckRules<Patient>, string, number]>([
    ["notNull", { notNull: ["diagnosis"] }, "diagnosis is not NULL: 1 row", 1],
    ["notNull, NaN being as good as missing", { notNull: ["worst", "mean"] }, "worst is not NULL: 1 row; mean is not NaN: 1 row", 1],
    ["unique", { unique: ["id"] }, "id is unique: 2 rows", 2],
    ["accepted, NULL being none of its business", { accepted: { diagnosis: ["M", "B"] } }, 'diagnosis is one of "M", "B": 1 row', 1],
    ["range, NaN being outside", { range: { mean: [0, 100] } }, "mean is from 0 to 100: 2 rows", 2],
    ["range, open", { range: { mean: [0, null] } }, "mean is at least 0: 2 rows", 2],
    ["that, NULL being not true", { that: { "worst ≥ mean": sql`worst >= mean` } }, "worst ≥ mean: 3 rows", 3],
    ["rows", { rows: [1, 3] }, "rows 1 to 3, and there are 4", 1],
    ["rows, exactly", { rows: 5 }, "rows 5, and there are 4", 1],
  ])("%s", async (_, rules, message, count) => {
    const failure = await failureOf(async () => check(await patients(), rules));
    expect(failure.code).toBe("E_CHECK");
    expect(failure.message.split("\n")[0]).toBe(`check of table: ${message}`);
    expect(failure.remedy).toBe('correct the data or the rule; severity: "warn" goes on');
    expect(checked()[0]!.rules[0]!.failing).toBe(count);
  });

  test("all are told, with the first rows; the rows are kept", async () => {
    const failure = await failureOf(async () =>
      check(await patients(), { notNull: ["id"], unique: ["id"], range: { mean: [0, 100] }, name: "patients" }),
    );
    const lines = failure.message.split("\n");
    expect(lines.slice(0, -1)).toEqual([
      "check of patients: id is not NULL: 1 row; id is unique: 2 rows; mean is from 0 to 100: 2 rows",
      "  id is not NULL | id null, diagnosis null, mean -1, worst null",
      '  id is unique | id 2, diagnosis "B", mean 20, worst 15',
      '  id is unique | id 2, diagnosis "X", mean NaN, worst 90',
      '  mean is from 0 to 100 | id 2, diagnosis "X", mean NaN, worst 90',
      "  mean is from 0 to 100 | id null, diagnosis null, mean -1, worst null",
    ]);
    const file = /^all of them: (.*)$/.exec(lines.at(-1)!)![1]!;
    expect(file).toBe(".stepbook/kept/20_test-failed-1.parquet");
    await sql`SELECT 1`;
    expect(rig.written).toEqual([]);
    const kept = await parquet<{ "broken rule": string; id: number }>(file);
    expect(kept.count).toBe(5);
    expect(checked()[0]!.rules.map(({ sample }) => sample.length)).toEqual([1, 2, 2]);
  });

  test("a row is told whatever it holds", async () => {
    const odd = await sql<{
      at: Date;
      s: object;
    }>`SELECT 'infinity'::TIMESTAMP AS at, {'n': 9007199254740993, 'l': [NULL, 1]} AS s, MAP {'k': DATE '2024-02-29'} AS m, 'a'::BLOB AS b, NULL AS nothing`;
    expect(await failed(() => check(odd, { that: { never: sql`false` } }))).toMatch(
      /^E_CHECK: check of table: never: 1 row\n {2}never \| at infinity, s \{"n":"9007199254740993","l":\[null,1\]\}, m \[\["k","2024-02-29T?.*"\]\], b 1 bytes, nothing null\n/,
    );
  });

  test("a sample is of five rows at most", async () => {
    await failed(async () => check(await sql<{ a: number }>`SELECT range AS a FROM range(1000)`, { range: { a: [0, 10] } }));
    expect(checked()[0]!.rules[0]).toMatchObject({ failing: 989, sample: [{ a: 11 }, { a: 12 }, { a: 13 }, { a: 14 }, { a: 15 }] });
  });

  test("with severity warn the step goes on", async () => {
    await check(await patients(), { notNull: ["id"], severity: "warn" });
    expect(rig.events.at(-1)).toEqual({ type: "warning", message: "check of table: id is not NULL: 1 row" });
  });
});

describe("wrong use", () => {
  test.each<[string, unknown, string]>([
    ["an unknown column", { notNull: ["di"] }, 'E_USAGE: check: the table has no column "di"; did you mean "id"?'],
    ["an unknown rule", { notnull: ["id"] }, 'E_USAGE: check: there is no rule "notnull"; did you mean "notNull"?'],
    ["a condition that is text", { that: { x: "a < b" } }, 'E_USAGE: check: that["x"] is not SQL; write it as sql`a < b`'],
    [
      "a bound that is NaN",
      { range: { mean: [0, NaN] } },
      "E_USAGE: check: a bound of range.mean is NaN; give a number, or null for an open end",
    ],
    ["an empty list", { accepted: { id: [] } }, "E_USAGE: check: accepted.id is empty; list the values that are allowed"],
  ])("%s", async (_, rules, message) => {
    expect(await failed(async () => check(await patients(), rules as CheckRules<Patient>))).toBe(message);
  });

  test("a query that was not awaited, and SQL that is wrong", async () => {
    expect(await failed(() => check(sql`SELECT 1` as never, {}))).toBe(
      "E_USAGE: check: the first argument is not a Table; await the query first: check(await sql`…`, …)",
    );
    expect(await failed(async () => check(await patients(), { that: { x: sql`nope > 1` } }))).toMatch(
      /^E_SQL: SQL: Referenced column "nope" not found/,
    );
  });
});
