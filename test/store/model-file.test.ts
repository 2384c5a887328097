import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StepbookError } from "../../src/errors.ts";
import { decodeModel } from "../../src/store/model-file.ts";
import { storable } from "./arbitrary.ts";
import { encodeModel } from "./encode-model.ts";
import { assertSame } from "./same.ts";

const model = { name: "knn", version: 3, card: { accuracy: 0.97, note: "a\nb" }, provenance: { run: "r1" } };

describe("a model's file", () => {
  test("is one JSON document to read, a line a part", () => {
    const text = Buffer.from(
      encodeModel({ ...model, parts: { k: 5, w: new Float64Array([1, NaN]), by: new Map([["a", 1n]]) } }),
    ).toString();
    expect(text).toBe(`{
"format": "stepbook-model/1",
"name": "knn",
"version": 3,
"card": {"accuracy":0.97,"note":"a\\nb"},
"provenance": {"run":"r1"},
"parts": {
"k": 5,
"w": {"$float64":[1,"NaN"]},
"by": {"$map":[["a",{"$bigint":"1"}]]}
}
}
`);
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  test("any parts come back as they were, large arrays in the document too", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(storable, (parts) => {
        const bytes = encodeModel({ ...model, parts });
        JSON.parse(Buffer.from(bytes).toString());
        const back = decodeModel(bytes, "m.json");
        assertSame(back.parts, parts);
        expect({ ...back, parts: 0 }).toEqual({ ...model, parts: 0 });
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["", "it is not JSON: Unexpected end of JSON input"],
    ["[]", "it is not a JSON object"],
    ['{"format":"stepbook-model/9"}', 'its format is "stepbook-model/9", where stepbook-model/1 is known'],
    ['{"format":"stepbook-model/1","name":"a"}', "name, version, card, provenance or parts is missing"],
    [
      '{"format":"stepbook-model/1","name":"a","version":1,"card":{},"provenance":{},"parts":{"$float64":{"at":0,"length":1}}}',
      /a float64 array that ends beyond the file/,
    ],
  ])("%s", (text, message) => {
    let thrown: unknown;
    try {
      decodeModel(Buffer.from(text), "models/m/v1.json");
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(StepbookError);
    expect((thrown as StepbookError).failure.code).toBe("E_DECODE");
    if (typeof message === "string") expect((thrown as Error).message).toBe(`models/m/v1.json is not a model: ${message}`);
    else expect((thrown as Error).message).toMatch(message);
  });
});
