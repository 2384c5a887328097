import { beforeEach, describe, expect, test } from "vitest";
import { loadModel, saveModel } from "../../src/step/api.ts";
import { encodeModel } from "../store/encode-model.ts";
import type { StagedEffect } from "../../src/step/host.ts";
import { decodeValue } from "../../src/store/codec.ts";
import { failed, makeRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeEach(() => void (rig = makeRig()));

const put = (name: string, version: number) =>
  rig.file(
    `models/${name}/v${version}.json`,
    encodeModel({
      name,
      version,
      card: { accuracy: 0.9 + version / 1000 },
      provenance: { run: "r1" },
      parts: { w: new Float64Array([version]), labels: ["B", "M"] },
    }),
  );

const inputsRemedy = "give input → example, or { example, doc, min, max, choices }: inputs: { radius: 14.1, age: { example: 60, min: 0 } }";

describe("saveModel", () => {
  test("is an effect of the step", () => {
    const parts = { w: new Float64Array(1000) };
    saveModel("diagnosis-knn", parts, { accuracy: 0.97 });
    expect(rig.events).toMatchObject([
      { type: "effect", effect: { kind: "model", name: "diagnosis-knn", parts: { value: parts }, card: { value: { accuracy: 0.97 } } } },
    ]);
  });

  test("is of the parts as they are then, whatever becomes of them", () => {
    const [small, large] = [{ k: 1 }, new Float64Array(1000)];
    saveModel("best", { small, large });
    small.k = 2;
    large[0] = 2;
    const { effect } = rig.events[0] as { effect: Extract<StagedEffect, { kind: "model" }> };
    expect(decodeValue(Buffer.concat(effect.parts.chunks))).toEqual({ small: { k: 1 }, large: new Float64Array(1000) });
  });

  test.each<[string, () => void, string]>([
    [
      "a function in it",
      () => saveModel("m", { tree: { distance: (a: number) => a } }),
      "E_UNSTORABLE: parts.tree.distance is a function (distance), which cannot be stored; move it to lib/ and import it where it is used; an export is data",
    ],
    [
      "a class in the card",
      () => saveModel("m", {}, { by: new Error("x") }),
      "E_UNSTORABLE: card.by is an instance of Error, which cannot be stored; export its message",
    ],
    [
      "inputs as a list",
      () => saveModel("m", {}, { predict: "lib/p.ts", inputs: ["radius"] }),
      `E_USAGE: saveModel("m"): card.inputs is not an object; ${inputsRemedy}`,
    ],
    [
      "an input without an example",
      () => saveModel("m", {}, { predict: "lib/p.ts", inputs: { radius: 1, age: { min: 0 } } }),
      `E_USAGE: saveModel("m"): card.inputs.age has no example that is a number, a text or a boolean; ${inputsRemedy}`,
    ],
    [
      "an example that is null",
      () => saveModel("m", {}, { predict: "lib/p.ts", inputs: { age: null } }),
      `E_USAGE: saveModel("m"): card.inputs.age has no example that is a number, a text or a boolean; ${inputsRemedy}`,
    ],
    [
      "a path as name",
      () => saveModel("../m", {}),
      'E_USAGE: saveModel: "../m" is not a model name; use letters, digits, . _ and -, such as diagnosis-knn',
    ],
  ])("%s is refused", async (_, work, message) => {
    expect(await failed(work)).toBe(message);
    expect(rig.events).toEqual([]);
  });
});

test("a card may hold what it likes where it names no module to predict with", () => {
  saveModel("m", {}, { inputs: ["radius"] });
  saveModel("n", {}, { predict: "lib/p.ts", inputs: { radius: 1, kind: "plain", age: { example: 60, min: 0 }, old: false } });
  expect(rig.events.map(({ type }) => type)).toEqual(["effect", "effect"]);
});

describe("loadModel", () => {
  test("the highest version by number, and the folder is noted as read", async () => {
    for (const version of [1, 2, 10]) put("knn", version);
    rig.file("models/knn/notes.txt", "x");
    const model = await loadModel<{ w: Float64Array; labels: string[] }>("knn");
    expect(model).toEqual({
      name: "knn",
      version: 10,
      card: { accuracy: 0.91 },
      provenance: { run: "r1" },
      parts: { w: new Float64Array([10]), labels: ["B", "M"] },
    });
    expect(rig.reads).toEqual([
      { kind: "folder", name: "models/knn" },
      { kind: "file", name: "models/knn/v10.json" },
    ]);
    expect(() => model.parts.labels.push("x")).toThrow(TypeError);
  });

  test("a given one, and the folder does not matter", async () => {
    for (const version of [1, 2]) put("knn", version);
    expect((await loadModel("knn", 1)).version).toBe(1);
    expect(rig.reads).toEqual([{ kind: "file", name: "models/knn/v1.json" }]);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ["no such model", () => loadModel("kn"), 'E_FILE: there is no model kn; models/: did you mean "knn"?'],
    ["no such version", () => loadModel("knn", 7), "E_FILE: model knn has no version 7; there is v1"],
    ["a path as name", () => loadModel("../knn"), 'E_FILE: loadModel: "../knn" is not a model name; use letters, digits, . _ and -'],
    [
      "a path as name with a version",
      () => loadModel("../models/knn", 1),
      'E_FILE: loadModel: "../models/knn" is not a model name; use letters, digits, . _ and -',
    ],
    [
      "no model",
      () => loadModel("bad"),
      'E_DECODE: models/bad/v1.json is not a model: its format is "other", where stepbook-model/1 is known; save the model again, or restore the file',
    ],
  ])("%s", async (_, load, message) => {
    put("knn", 1);
    rig.file("models/bad/v1.json", '{"format":"other"}');
    expect(await failed(load)).toBe(message);
  });

  test("no such model, and a lower step that saves it", async () => {
    rig.file("steps/10_train.ts", 'saveModel("knn", parts);\n');
    rig.file("steps/30_other.ts", 'saveModel("svm", parts);\n');
    expect(await failed(() => loadModel("knn"))).toBe(
      'E_FILE: there is no model knn; 10_train.ts saves it: import "./10_train.ts" here, so that it runs first',
    );
    expect(await failed(() => loadModel("svm"))).toBe("E_FILE: there is no model svm; models/: there are none");
    expect(rig.reads).toEqual([
      { kind: "folder", name: "models/knn" },
      { kind: "folder", name: "models/svm" },
    ]);
  });
});
