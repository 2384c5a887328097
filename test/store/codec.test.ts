import assert from "node:assert";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StepbookError } from "../../src/errors.ts";
import { decodeValue, encodeValue } from "../../src/store/codec.ts";
import { storable } from "./arbitrary.ts";
import { assertSame } from "./same.ts";

const bytesOf = (value: unknown) => Buffer.concat(encodeValue(value));
const textOf = (value: unknown) => bytesOf(value).toString("utf8");
const refused = (value: unknown) => {
  try {
    encodeValue(value, "model");
  } catch (thrown) {
    if (thrown instanceof StepbookError) return `${thrown.failure.code}: ${thrown.failure.message}; ${thrown.failure.remedy}`;
    throw thrown;
  }
  return "stored";
};

describe("round trip", () => {
  test("any storable value comes back as it was, and its bytes are the same again", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(storable, (value) => {
        const bytes = bytesOf(value);
        const back = decodeValue(bytes);
        assertSame(back, value);
        // The order of keys, entries and items too.
        assert.ok(bytesOf(back).equals(bytes));
        assert.ok(bytesOf(decodeValue(bytes, { freeze: true })).equals(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test.each<[string, unknown]>([
    ["-0", -0],
    ["NaN", NaN],
    ["an invalid Date", new Date(NaN)],
    ["a Date beyond year 9999", new Date(8.64e15)],
    ["a lone surrogate", "\ud800 and \u2028"],
    ["holes", [, 1, , , 2, ,]],
    ["only holes", new Array(5)],
    ["undefined items", [undefined, null]],
    ["keys of tags", { $: 1, $$: 2, $map: [3], $date: { $: 4 } }],
    ["integer keys among others", { b: 1, 2: 2, a: 3, 1: 4 }],
    [
      "a Map with object keys",
      new Map<unknown, unknown>([
        [{ a: 1 }, NaN],
        [NaN, -0],
      ]),
    ],
    ["a Buffer", Buffer.from("text")],
    ["a view into a larger buffer", new Int16Array(new ArrayBuffer(100), 10, 3)],
    ["a large bigint array", BigInt64Array.from({ length: 1000 }, (_, index) => -BigInt(index))],
    ["two large arrays of odd sizes", [new Uint8Array(4097).fill(1), new Float64Array(1000).fill(0.1), new Uint8Array(5001).fill(2)]],
  ])("%s", (_, value) => {
    assertSame(decodeValue(bytesOf(value)), value);
  });

  test("__proto__ is a key like any other", () => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"a":{"__proto__":1}}') as object;
    const back = decodeValue(bytesOf(value)) as { polluted?: boolean };
    assert.deepStrictEqual(Object.keys(back), ["__proto__", "a"]);
    assert.strictEqual(Object.getPrototypeOf(back), Object.prototype);
    assert.strictEqual(back.polluted, undefined);
    assert.strictEqual(({} as { polluted?: boolean }).polluted, undefined);
  });

  test("is readable text", () => {
    expect(textOf({ n: [1, -0], when: new Date(0), big: 5n, m: new Map([["a", undefined]]), w: new Float32Array([0.5, NaN]) })).toBe(
      '{"format":"stepbook-value/1","value":{"n":[1,{"$":"-0"}],"when":{"$date":"1970-01-01T00:00:00.000Z"},"big":{"$bigint":"5"},' +
        '"m":{"$map":[["a",{"$":"undefined"}]]},"w":{"$float32":[0.5,"NaN"]}},"raw":0}\n',
    );
  });

  test("is the same text whether JSON has words for all of it or not", () => {
    const numbers = Array.from({ length: 10_000 }, (_, i) => (i % 4500 === 4499 ? -0 : i / 7));
    const words = Array.from({ length: 5000 }, (_, i) => (i % 2000 === 1999 ? undefined : `"w${"x".repeat(i % 700)}\u2028`));
    const text = (value: unknown) =>
      value === undefined ? '{"$":"undefined"}' : Object.is(value, -0) ? '{"$":"-0"}' : JSON.stringify(value);
    const listed = (items: readonly unknown[]) => `[${items.map(text).join(",")}]`;
    const document = (value: string) => `{"format":"stepbook-value/1","value":${value},"raw":0}\n`;
    expect(textOf(numbers)).toBe(document(listed(numbers)));
    expect(textOf([words, numbers.slice(0, 5), [], [[]], {}])).toBe(
      document(`[${listed(words)},${listed(numbers.slice(0, 5))},[],[[]],{}]`),
    );
    expect(
      textOf([{ a: 1, b: "é", c: null, d: true }, { a: -0 }, { a: undefined }, { $a: 1 }, { then: 1 }, { outerHTML: "" }, { toJSON: 2 }]),
    ).toBe(
      document(
        '[{"a":1,"b":"é","c":null,"d":true},{"a":{"$":"-0"}},{"a":{"$":"undefined"}},{"$$a":1},{"then":1},{"outerHTML":""},{"toJSON":2}]',
      ),
    );
  });

  test("what JSON is told to say of an array or an object is not what is stored", () => {
    const told = { value: () => "told", configurable: true };
    Object.defineProperty(Array.prototype, "toJSON", told);
    Object.defineProperty(Object.prototype, "toJSON", told);
    try {
      expect(textOf([[1, 2], { a: [3] }])).toContain('"value":[[1,2],{"a":[3]}]');
    } finally {
      for (const { prototype } of [Array, Object]) delete (prototype as { toJSON?: unknown }).toJSON;
    }
  });

  test("large arrays follow the line as they lie in memory, at a multiple of 8", () => {
    const array = new Float64Array(1000).map((_, index) => Math.sqrt(index));
    const chunks = encodeValue({ array });
    const bytes = Buffer.concat(chunks);
    const start = bytes.indexOf(10) + 1;
    expect(start % 8).toBe(0);
    expect(bytes.subarray(0, start).toString()).toMatch(
      /^\{"format":"stepbook-value\/1","value":\{"array":\{"\$float64":\{"at":0,"length":1000\}\}\},"raw":8000\} *\n$/,
    );
    assert.deepStrictEqual(new Float64Array(new Uint8Array(bytes.subarray(start)).buffer), array);
    // Not copied: 1 GB of doubles is not 2 GB.
    expect(chunks.at(-1)!.buffer).toBe(array.buffer);
  });

  test("NaNs of other bits give the same bytes", () => {
    const odd = new Float64Array(1000);
    new Uint32Array(odd.buffer).set([1, 0xfff80001], 4);
    const plain = new Float64Array(1000);
    plain[2] = NaN;
    assert.ok(Number.isNaN(odd[2]));
    assert.ok(bytesOf(odd).equals(bytesOf(plain)));
    assert.strictEqual(new Uint32Array(odd.buffer)[5], 0xfff80001, "the value itself is left as it was");
    const floats = new Float32Array(2000);
    new Uint32Array(floats.buffer)[7] = 0xffc00001;
    assert.ok(bytesOf(floats).equals(bytesOf(floats.map((each) => each))));
  });
});

describe("what cannot be stored", () => {
  class Tree {
    root = 1;
  }
  class Knn extends Tree {}
  class Scaled {
    toJSON() {}
  }
  const circle: Record<string, unknown> = { name: "a", child: { deep: [1] } };
  (circle["child"] as Record<string, unknown>)["parent"] = circle;
  let deep: unknown = 1;
  for (let level = 0; level < 1001; level++) deep = [deep];
  const data = Object.defineProperty({}, "hidden", { value: 1 });

  test.each<[string, unknown, string]>([
    [
      "a function",
      { tree: { root: function grow() {} } },
      "E_UNSTORABLE: model.tree.root is a function (grow), which cannot be stored; move it to lib/ and import it where it is used; an export is data",
    ],
    [
      "a class",
      [Tree],
      "E_UNSTORABLE: model[0] is a class (Tree), which cannot be stored; move it to lib/ and import it where it is used; an export is data",
    ],
    [
      "a method",
      { fit() {} },
      "E_UNSTORABLE: model.fit is a function (fit), which cannot be stored; move it to lib/ and import it where it is used; an export is data",
    ],
    ["a symbol", Symbol("x"), "E_UNSTORABLE: model is a symbol, which cannot be stored; an export is data: use a string instead"],
    [
      "an instance",
      { list: [0, 1, 2, { when: new Knn() }] },
      "E_UNSTORABLE: model.list[3].when is an instance of Knn, which cannot be stored; turn it into plain data ({ ...fields }), and make the instance anew from that in a function of lib/",
    ],
    [
      "a value in a Map",
      new Map([["a", new Tree()]]),
      'E_UNSTORABLE: model.get("a") is an instance of Tree, which cannot be stored; turn it into plain data ({ ...fields }), and make the instance anew from that in a function of lib/',
    ],
    [
      "a key of a Map",
      new Map([[Symbol.iterator, 1]]),
      "E_UNSTORABLE: model.keys()[0] is a symbol, which cannot be stored; an export is data: use a string instead",
    ],
    [
      "an item of a Set",
      new Set([1, () => 1]),
      "E_UNSTORABLE: model.keys()[1] is a function, which cannot be stored; move it to lib/ and import it where it is used; an export is data",
    ],
    ["a promise", { a: Promise.resolve(1) }, "E_UNSTORABLE: model.a is a promise, which cannot be stored; write await before it"],
    [
      "a thenable",
      { then: () => {} },
      "E_UNSTORABLE: model is a query or promise that was not awaited, which cannot be stored; write await before it",
    ],
    [
      "an error",
      { "mean area": new RangeError("x") },
      'E_UNSTORABLE: model["mean area"] is an instance of RangeError, which cannot be stored; export its message',
    ],
    [
      "a URL",
      new URL("https://example.org"),
      "E_UNSTORABLE: model is an instance of URL, which cannot be stored; export its text: String(url)",
    ],
    ["a RegExp", /x/, "E_UNSTORABLE: model is an instance of RegExp, which cannot be stored; export its source and flags as strings"],
    ["a WeakMap", new WeakMap(), "E_UNSTORABLE: model is a WeakMap, which cannot be stored; use a Map or an array of its entries"],
    [
      "an instance that says what its JSON is",
      { pca: new Scaled() },
      "E_UNSTORABLE: model.pca is an instance of Scaled, which cannot be stored; turn it into plain data (JSON.parse(JSON.stringify(…)), since it has a toJSON), and make the instance anew from that in a function of lib/",
    ],
    [
      "a boxed number",
      Object(1),
      "E_UNSTORABLE: model is an instance of Number, which cannot be stored; turn it into plain data ({ ...fields }), and make the instance anew from that in a function of lib/",
    ],
    [
      "an array with a class of its own",
      class Rows extends Array {}.from([1]),
      "E_UNSTORABLE: model is an instance of Rows, which cannot be stored; turn it into plain data ({ ...fields }), and make the instance anew from that in a function of lib/",
    ],
    [
      "a row with a getter",
      [
        {
          a: 1,
          get now() {
            return 1;
          },
        },
      ],
      "E_UNSTORABLE: model[0].now is a getter, which cannot be stored; export what it gives: { ...value }",
    ],
    [
      "a row with a name that is a symbol",
      [{ a: 1, [Symbol("s")]: 1 }],
      "E_UNSTORABLE: model[0] is an object with a key that is a symbol (Symbol(s)), which cannot be stored; use text as key",
    ],
    [
      "a name of a short array in an array",
      [Object.assign([1, 2], { "the mean": 1 })],
      'E_UNSTORABLE: model[0]["the mean"] is a named property of an array, which cannot be stored; make a plain array of the items: [...items]',
    ],
    [
      "too many numbers",
      Array.from({ length: 16e6 }, (_, i) => i / 7),
      "E_UNSTORABLE: model is beyond 256 MiB of text, which cannot be stored; use typed arrays, or a table: await table(rows)",
    ],
    [
      "a getter",
      {
        get now() {
          return 1;
        },
      },
      "E_UNSTORABLE: model.now is a getter, which cannot be stored; export what it gives: { ...value }",
    ],
    [
      "a getter of a frozen object",
      Object.freeze({
        get now() {
          return 1;
        },
      }),
      "E_UNSTORABLE: model.now is a getter, which cannot be stored; export what it gives: { ...value }",
    ],
    [
      "a hidden property",
      data,
      "E_UNSTORABLE: model.hidden is a hidden property (not enumerable), which cannot be stored; leave it out, or make it an ordinary one: { ...value }",
    ],
    [
      "a symbol as key",
      { [Symbol("x")]: 1 },
      "E_UNSTORABLE: model is an object with a key that is a symbol (Symbol(x)), which cannot be stored; use text as key",
    ],
    [
      "a circle",
      circle,
      "E_UNSTORABLE: model.child.parent is model again, a circular reference, which cannot be stored; keep the number or name of the parent instead of the parent",
    ],
    [
      "a named property of an array",
      /a(b)/.exec("ab"),
      "E_UNSTORABLE: model.index is a named property of an array, which cannot be stored; make a plain array of the items: [...items]",
    ],
    [
      "a named property of a long array",
      {
        rows: Object.assign(
          Array.from({ length: 20_000 }, (_, i) => ({ i })),
          { columns: ["i"] },
        ),
      },
      "E_UNSTORABLE: model.rows.columns is a named property of an array, which cannot be stored; make a plain array of the items: [...items]",
    ],
    [
      "a property on a Map",
      Object.assign(new Map(), { extra: 1 }),
      "E_UNSTORABLE: model.extra is a property set on a Map, which cannot be stored; keep it beside it, in an object",
    ],
    [
      "a figure inside a value",
      { plot: { [Symbol.for("Jupyter.display")]: () => ({}) } },
      "E_UNSTORABLE: model.plot is a figure inside a value, which cannot be stored; export the figure by its own name",
    ],
  ])("%s", (_, value, message) => {
    expect(refused(value)).toBe(message);
  });

  test("too deep", () => {
    expect(refused(deep)).toMatch(/^E_UNSTORABLE: model\[0\]\[0\].* … .* is deeper than 1000 levels, which cannot be stored; flatten it/);
    expect(refused((deep as unknown[])[0])).toBe("stored");
  });

  test("very many holes", () => {
    expect(refused(new Array(1e9))).toMatch(/more than 100,000 holes/);
  });

  test("the same object twice is not a circle", () => {
    const shared = { a: 1 };
    assert.deepStrictEqual(decodeValue(bytesOf([shared, shared])), [{ a: 1 }, { a: 1 }]);
  });
});

describe("other bytes", () => {
  const failure = (bytes: Uint8Array) => {
    try {
      decodeValue(bytes);
    } catch (thrown) {
      if (thrown instanceof StepbookError) return `${thrown.failure.code}: ${thrown.failure.message}`;
      throw thrown;
    }
    return "decoded";
  };
  const line = (value: string, raw = 0, rest = "") => Buffer.from(`{"format":"stepbook-value/1","value":${value},"raw":${raw}}\n${rest}`);

  test("damaged files are decoded or refused, and harm nothing", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(storable, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.nat(), (value, changes, cut) => {
        const bytes = bytesOf(value);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const damaged = cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
        expect(failure(damaged)).toMatch(/^(decoded|E_DECODE: .+)$/);
        assert.deepStrictEqual(Object.keys(Object.prototype), []);
      }),
      { numRuns: 1000 },
    );
  });

  test("random bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void expect(failure(bytes)).toMatch(/^E_DECODE: /)));
  });

  test.each<[string, Uint8Array, string]>([
    ["nothing", Buffer.alloc(0), "E_DECODE: not a stored value: its first line has no end"],
    ["no JSON", Buffer.from("hello\n"), "E_DECODE: not a stored value: its first line is not JSON"],
    ["other JSON", Buffer.from("[1]\n"), "E_DECODE: not a stored value: its first line is not a document of ours"],
    [
      "a newer form",
      Buffer.from('{"format":"stepbook-value/2","value":1,"raw":0}\n'),
      'E_DECODE: a stored value of the form "stepbook-value/2", where stepbook-value/1 is known',
    ],
    [
      "cut raw bytes",
      line('{"$uint8":{"at":0,"length":8}}', 8, "1234567"),
      "E_DECODE: not a stored value: it says that 8 bytes follow its first line, and 7 do",
    ],
    [
      "an array beyond the file",
      line('{"$float64":{"at":0,"length":2}}', 8, "12345678"),
      "E_DECODE: not a stored value: a float64 array that ends beyond the file",
    ],
    [
      "arrays over each other",
      line('[{"$uint8":{"at":0,"length":8}},{"$uint8":{"at":0,"length":8}}]', 8, "12345678"),
      "E_DECODE: not a stored value: its typed arrays overlap",
    ],
    ["an unknown tag", line('{"$eval":"1"}'), "E_DECODE: not a stored value: an unknown tag $eval"],
    ["a tag of Object", line('{"$constructor":[1]}'), "E_DECODE: not a stored value: an unknown tag $constructor"],
    ["a tag among keys", line('{"a":1,"$date":null}'), "E_DECODE: not a stored value: a tag $date beside other keys"],
    ["a number out of range", line('{"$int8":[300]}'), "E_DECODE: not a stored value: a int8 array with 300 in it"],
    ["a date of another form", line('{"$date":"yesterday"}'), "E_DECODE: not a stored value: a $date that is none"],
    ["an endless array", line('[{"$hole":4294967295},1,{"$hole":4294967295}]'), "E_DECODE: not a stored value: an array that is too long"],
    ["a deep one", line("[".repeat(5000) + "]".repeat(5000)), "E_DECODE: not a stored value: it is deeper than 1000 levels"],
    ["a million deep", line("[".repeat(1_000_000) + "]".repeat(1_000_000)), "E_DECODE: not a stored value: it is deeper than 1000 levels"],
  ])("%s", (_, bytes, message) => {
    expect(failure(bytes)).toBe(message);
  });
});
