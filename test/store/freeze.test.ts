import { describe, expect, test } from "vitest";
import { mutationGuard, readOnly } from "../../src/store/freeze.ts";

describe("read-only inputs", () => {
  const input = () =>
    readOnly(
      {
        list: [{ a: 1 }],
        when: new Date(0),
        by: new Map([["k", { n: [1] }]]),
        seen: new Set([1]),
        bare: Object.assign(Object.create(null) as object, { x: { y: 1 } }),
      },
      "dataset",
    );
  type Loose = { [key: string]: any };

  test.each<[string, (value: Loose) => void, RegExp]>([
    ["a field", (value) => (value["list"] = 1), /Cannot assign to read only property 'list'/],
    ["a new field", (value) => (value["other"] = 1), /not extensible/],
    ["a deep field", (value) => (value["list"][0].a = 2), /read only/],
    ["push", (value) => value["list"].push(1), /not extensible/],
    ["an object without prototype", (value) => (value["bare"].x.y = 2), /read only/],
    ["Map.set", (value) => value["by"].set("k", 1), /^read-only: `dataset\.by` is an output of another step; copy it first$/],
    ["Map.delete", (value) => value["by"].delete("k"), /`dataset\.by`/],
    ["Set.add", (value) => value["seen"].add(2), /^read-only: `dataset\.seen` is an output/],
    ["Set.clear", (value) => value["seen"].clear(), /`dataset\.seen`/],
    ["Date.setTime", (value) => value["when"].setTime(1), /`dataset\.when`/],
    ["Date.setFullYear", (value) => value["when"].setFullYear(2000), /`dataset\.when`/],
    ["a value in a Map", (value) => value["by"].get("k").n.push(2), /not extensible/],
  ])("%s throws a TypeError", (_, change, message) => {
    const value = input();
    expect(() => change(value)).toThrow(TypeError);
    expect(() => change(value)).toThrow(message);
  });

  test("what only reads works, and a copy may be changed", () => {
    const { by, when, seen } = input();
    expect([...by.keys()]).toEqual(["k"]);
    expect(by instanceof Map && seen instanceof Set && when instanceof Date).toBe(true);
    expect(when.toISOString()).toBe("1970-01-01T00:00:00.000Z");
    expect(seen.has(1)).toBe(true);
    expect(new Map(by).set("b", { n: [] }).size).toBe(2);
    const copy = new Date(when);
    copy.setTime(5);
    expect(copy.getTime()).toBe(5);
    expect(structuredClone(by)).toEqual(new Map([["k", { n: [1] }]]));
  });
});

describe("mutationGuard", () => {
  test("tells which typed array was written to", () => {
    const value = {
      layers: [new Float64Array(3), new Float64Array(3)],
      raw: new ArrayBuffer(4),
      text: Buffer.from("a"),
      by: new Map([["w", new Int8Array(2)]]),
    };
    const guard = mutationGuard(value, "model");
    expect(guard.changed()).toBeUndefined();
    value.by.get("w")![1] = 1;
    expect(guard.changed()).toBe('model.by.get("w")');
    value.layers[1]![0] = 1;
    expect(guard.changed()).toBe("model.layers[1]");
  });

  test("without a label the path is that inside the value", () => {
    const weights = new Float64Array(2);
    const guard = mutationGuard({ weights });
    weights[0] = 1;
    expect(guard.changed()).toBe(".weights");
  });

  test("the bytes of a view, not those beside it", () => {
    const buffer = new Uint8Array(10);
    const guard = mutationGuard(buffer.subarray(2, 4), "view");
    buffer[5] = 1;
    expect(guard.changed()).toBeUndefined();
    buffer[3] = 1;
    expect(guard.changed()).toBe("view");
  });
});
