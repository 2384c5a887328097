import { beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { display, param, record, run, skip, sql, track } from "../../src/step/api.ts";
import type { StepEvent } from "../../src/step/host.ts";
import { settlePending } from "../../src/step/pending.ts";
import { skipReason } from "../../src/step/skip.ts";
import { digestOf } from "../../src/store/digest.ts";
import { failed, makeRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeEach(() => void (rig = makeRig()));

describe("param", () => {
  test("the default, and what is read is noted", () => {
    const ratio = param("test_split_ratio", 0.3);
    expectTypeOf(ratio).toEqualTypeOf<number>();
    expect(ratio).toBe(0.3);
    expect(rig.reads).toEqual([
      {
        kind: "param",
        name: "test_split_ratio",
        digest: digestOf(JSON.stringify(0.3)),
        fallback: digestOf(JSON.stringify(0.3)),
        shown: "0.3",
      },
    ]);
  });

  test("a value given is of the default's kind", () => {
    rig = makeRig({ params: { k: "7", x: " 1e-3 ", on: "false", name: "007", none: "text", w: "distance" } });
    expect([
      param("k", 5),
      param("x", 1),
      param("on", true),
      param("name", "a"),
      param("none", null),
      param("w", "uniform", { choices: ["uniform", "distance"] }),
    ]).toEqual([7, 0.001, false, "007", "text", "distance"]);
    expectTypeOf(param("w", "uniform", { choices: ["uniform", "distance"] })).toEqualTypeOf<"uniform" | "distance">();
    expectTypeOf(param("on", true)).toEqualTypeOf<boolean>();
    expect(rig.reads[0]).toEqual({
      kind: "param",
      name: "k",
      digest: digestOf(JSON.stringify(7)),
      fallback: digestOf(JSON.stringify(5)),
      shown: "7",
    });
  });

  test.each<[string, string, () => unknown, string]>([
    ["no number", "seven", () => param("v", 5), 'E_PARAM_VALUE: param v is "seven", and must be a number, such as 0.3; give it as -p v=…'],
    ["empty", "", () => param("v", 5), 'E_PARAM_VALUE: param v is "", and must be a number, such as 0.3; give it as -p v=…'],
    ["hexadecimal", "0x10", () => param("v", 5), 'E_PARAM_VALUE: param v is "0x10", and must be a number, such as 0.3; give it as -p v=…'],
    [
      "infinite",
      "Infinity",
      () => param("v", 5),
      'E_PARAM_VALUE: param v is "Infinity", and must be a number, such as 0.3; give it as -p v=…',
    ],
    ["no boolean", "yes", () => param("v", true), 'E_PARAM_VALUE: param v is "yes", and must be true or false; give it as -p v=…'],
    [
      "too large",
      "1.5",
      () => param("v", 0.3, { min: 0, max: 1, doc: "share of the test set" }),
      "E_PARAM_VALUE: param v is 1.5, and must be a number from 0 to 1; v: share of the test set; give it as -p v=…",
    ],
    ["too small", "-1", () => param("v", 0, { min: 0 }), "E_PARAM_VALUE: param v is -1, and must be a number from 0 up; give it as -p v=…"],
    [
      "not among the choices",
      "c",
      () => param("v", "a", { choices: ["a", "b"] }),
      'E_PARAM_VALUE: param v is "c", and must be "a" or "b"; give it as -p v=…',
    ],
  ])("%s is refused", async (_, given, read, message) => {
    makeRig({ params: { v: given } });
    expect(await failed(read)).toBe(message);
  });

  test("a default that breaks its own rules; two defaults of a name", async () => {
    expect(await failed(() => param("v", 5, { max: 1 }))).toMatch(
      /^E_PARAM_VALUE: the default of param v is 5, and must be a number up to 1/,
    );
    param("k", 5);
    param("k", 5);
    expect(await failed(() => param("k", 7))).toBe(
      "E_PARAM_VALUE: param k has two defaults in this step: 5 and 7; call param once, in lib/ if several files need it, and use its value",
    );
  });

  test("names of Object's own are not given", () => {
    expect(param("toString", "a")).toBe("a");
  });
});

test("run: each field is noted as it is read", () => {
  expect(run.id).toBe("r1");
  expect(run.logicalDate).toEqual(new Date("2024-02-29"));
  run.logicalDate.setTime(0);
  expect(run.logicalDate).toEqual(new Date("2024-02-29"));
  expect(run.startedAt.toISOString()).toBe("2024-03-01T10:20:30.000Z");
  expect(run.trigger).toBe("manual");
  expect(run.seed).toBe(42);
  expect(rig.reads[0]).toEqual({ kind: "run", name: "id", digest: digestOf(JSON.stringify("r1")) });
  expect([...new Set(rig.reads.map(({ kind, name }) => `${kind} ${name}`))]).toEqual([
    "run id",
    "run logicalDate",
    "run startedAt",
    "run trigger",
    "param seed",
  ]);
});

describe("track", () => {
  const progress = () => rig.events.filter((event): event is Extract<StepEvent, { type: "progress" }> => event.type === "progress");

  test("gives the items and tells the first and the last, at most ten times a second", () => {
    expect(
      [
        ...track(
          Array.from({ length: 10_000 }, (_, index) => index),
          "tuning",
        ),
      ].length,
    ).toBe(10_000);
    expect(progress().at(0)).toEqual({ type: "progress", label: "tuning", done: 0, total: 10_000 });
    expect(progress().at(-1)).toEqual({ type: "progress", label: "tuning", done: 10_000, total: 10_000 });
    expect(progress().length).toBeLessThan(20);
  });

  test("the total is that of a Set or Map, or the one given", () => {
    for (const _ of track(new Set([1, 2]))) void _;
    for (const _ of track(
      (function* () {
        yield 1;
      })(),
      "g",
      { total: 5 },
    ))
      void _;
    for (const _ of track(
      (function* () {
        yield 1;
      })(),
    ))
      void _;
    expect([...new Set(progress().map(({ total }) => total))]).toEqual([2, 5, null]);
  });

  test("async iterables; a loop that is left tells how far it came", async () => {
    async function* pages() {
      yield "a";
      yield "b";
      yield "c";
    }
    const seen: string[] = [];
    for await (const page of track(pages(), "fetching", { total: 3 })) {
      seen.push(page);
      if (page === "b") break;
    }
    expect(seen).toEqual(["a", "b"]);
    expect(progress().at(-1)).toMatchObject({ done: 1, total: 3 });
  });
});

describe("display", () => {
  const shown = async (value: unknown) => {
    await display(value);
    const event = rig.events.at(-1);
    return event?.type === "display" ? event.bundle : undefined;
  };
  const symbol = Symbol.for("Jupyter.display");

  test("what shows itself, at once or later; bundles; data; text", async () => {
    expect(await shown({ [symbol]: () => ({ "text/html": "<b>x</b>" }) })).toEqual({ "text/html": "<b>x</b>" });
    expect(await shown({ [symbol]: async () => ({ "image/png": "iVBOR" }) })).toEqual({ "image/png": "iVBOR" });
    expect(await shown({ "text/markdown": "# a" })).toEqual({ "text/markdown": "# a" });
    expect(await shown({ a: 1n, m: new Map([["k", new Set([1])]]), w: new Float64Array([0.5]) })).toEqual({
      "text/plain": "{\n  a: 1n,\n  m: Map(1) { 'k' => Set(1) { 1 } },\n  w: Float64Array(1) [ 0.5 ]\n}",
      "application/json": { a: "1", m: [["k", [1]]], w: [0.5] },
    });
    expect(await shown("text")).toEqual({ "text/plain": "text" });
    expect(await shown(Object.create({ localName: "p", outerHTML: "<p>x</p>" }))).toEqual({ "text/html": "<p>x</p>" });
    expect(await shown(undefined)).toEqual({ "text/plain": "undefined" });
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    expect(Object.keys((await shown(circle))!)).toEqual(["text/plain"]);
  });

  test("awaits a query and a promise, in their turn", async () => {
    void display(sql`SELECT 1 AS one`);
    void display(Promise.resolve({ "text/markdown": "# a" }));
    void display("last");
    await settlePending(rig.host);
    expect(rig.events.map((event) => event.type === "display" && (event.bundle["text/markdown"] ?? event.bundle["text/plain"]))).toEqual([
      "one\nINTEGER\n1\n1 row × 1 column",
      "# a",
      "last",
    ]);
    await expect(display(Promise.reject(new Error("no table")))).rejects.toThrow("no table");
  });

  test("shows a value as it is then, and in the order in which it was asked to", async () => {
    const state: Record<string, number> = {};
    void display({ [symbol]: () => new Promise((resolve) => setTimeout(resolve, 20, { "text/plain": "slow" })) });
    for (const k of [1, 2]) {
      state[`k${k}`] = k;
      void display(state);
    }
    await settlePending(rig.host);
    expect(rig.events.map((event) => event.type === "display" && event.bundle["text/plain"])).toEqual([
      "slow",
      "{ k1: 1 }",
      "{ k1: 1, k2: 2 }",
    ]);
  });

  test("may be made by way of another", async () => {
    const outer = {
      [symbol]: async () => {
        await display("inner");
        return { "text/plain": "outer" };
      },
    };
    await display(outer);
    await settlePending(rig.host);
    expect(rig.events.map((event) => event.type === "display" && event.bundle["text/plain"])).toEqual(["inner", "outer"]);
  });

  test("is waited for at the step's end; its failure is told once, to whoever awaits it", async () => {
    void display({ [symbol]: () => new Promise((resolve) => setTimeout(resolve, 20, { "text/plain": "late" })) });
    await settlePending(rig.host);
    expect(rig.events).toEqual([{ type: "display", bundle: { "text/plain": "late" } }]);
    const broken = display({
      [symbol]: () => {
        throw new Error("no plot");
      },
    });
    await expect(broken).rejects.toThrow("no plot");
    await settlePending(rig.host);
  });
});

describe("record", () => {
  test("a row of scalars; Dates as text", () => {
    record("experiments", { k: 5, name: "a", when: new Date(0), big: 5n, ok: true, none: null });
    expect(rig.events).toEqual([
      {
        type: "effect",
        effect: {
          kind: "record",
          table: "experiments",
          row: { k: 5, name: "a", when: "1970-01-01T00:00:00.000Z", big: 5n, ok: true, none: null },
        },
      },
    ]);
  });

  test.each<[string, () => void, string]>([
    [
      "NaN",
      () => record("experiments", { auc: NaN }),
      "E_UNSTORABLE: experiments.auc is NaN, which a results table cannot hold; give a string, a finite number, a bigint, a boolean, a Date or null",
    ],
    [
      "undefined",
      () => record("experiments", { auc: undefined as never }),
      "E_UNSTORABLE: experiments.auc is undefined, which a results table cannot hold; give a string, a finite number, a bigint, a boolean, a Date or null",
    ],
    [
      "an object",
      () => record("experiments", { best: {} as never }),
      "E_UNSTORABLE: experiments.best is an object, which a results table cannot hold; give a string, a finite number, a bigint, a boolean, a Date or null",
    ],
    ["no columns", () => record("experiments", {}), 'E_UNSTORABLE: record("experiments"): the row is empty; give it at least one column'],
    [
      "another name",
      () => record("my table", { a: 1 }),
      'E_USAGE: record: "my table" is not a table name; use letters, digits and _, such as experiments',
    ],
  ])("%s is refused", async (_, work, message) => {
    expect(await failed(work)).toBe(message);
  });
});

test("skip throws what the engine knows", () => {
  let thrown: unknown;
  try {
    skip("nothing new");
  } catch (error) {
    thrown = error;
  }
  expect(skipReason(thrown)).toBe("nothing new");
  expect(String(thrown)).toBe("Skip: skipped: nothing new");
  expect(skipReason(new Error("x"))).toBeUndefined();
  expect(skipReason(null)).toBeUndefined();
});
