/** Every text file that is read back, cut at each of its bytes and with every third one changed: it is what was written, or nothing. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkGraph } from "../../src/graph/kept.ts";
import { readPlan } from "../../src/plan/kept-plan.ts";
import { readManifests } from "../../src/record/manifests.ts";
import { racyMs } from "../../src/store/files.ts";
import { decodeModel } from "../../src/store/model-file.ts";
import { inMemory } from "../rig/memory.ts";
import { TestProject } from "../rig/project.ts";

inMemory();

let project: TestProject;
beforeAll(async () => {
  project = new TestProject({
    "data/in.txt": "7",
    "steps/10_a.ts": 'import { readFileSync } from "node:fs";\nexport const a = Number(readFileSync("data/in.txt", "utf8"));\n',
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a * 2;\n',
  });
  for (let i = 0; i < 3; i++) {
    expect((await project.run()).code).toBe(0);
    if (i === 0) await sleep(racyMs + 100);
  }
});
afterAll(() => project.dispose());

/** Cuts and changes the file; `read` gives what it held, or undefined. */
function torn(file: string, read: () => unknown): void {
  const whole = readFileSync(project.path(file));
  const written = JSON.stringify(read());
  expect(written).toBeDefined();
  const seen = (bytes: Uint8Array, what: string) => {
    writeFileSync(project.path(file), bytes);
    const found = read();
    if (found !== undefined) expect(JSON.stringify(found), `${file}, ${what}`).toBe(written);
  };
  for (let at = 0; at < whole.length; at++) {
    seen(whole.subarray(0, at), `cut at ${at}`);
    if (at % 3 > 0) continue;
    const changed = Buffer.from(whole);
    changed[at]! ^= 1;
    seen(changed, `byte ${at} changed`);
  }
  writeFileSync(project.path(file), whole);
  expect(JSON.stringify(read())).toBe(written);
}

test("the manifests of a run: each is what was written, or none", () => {
  const folder = ".stepbook/records";
  const names = readdirSync(project.path(folder));
  const written = readManifests(project.folder).manifests.map((manifest) => JSON.stringify(manifest));
  expect([names.length, written.length]).toEqual([1, 2]);
  torn(`${folder}/${names[0]!}`, () => {
    const { manifests } = readManifests(project.folder);
    for (const manifest of manifests) expect(written).toContain(JSON.stringify(manifest));
    return manifests.length < written.length ? undefined : manifests;
  });
});

test("the kept plan", () => {
  torn(".stepbook/plan", () => readPlan(project.folder)?.plan);
});

test("the kept graph", () => {
  const key = (JSON.parse(readFileSync(project.path(".stepbook/graph"), "utf8").split("\n")[1]!) as { key: string }).key;
  const [, , apiNames, maker] = JSON.parse(key) as [number, string, string[], string];
  torn(".stepbook/graph", () => checkGraph(project.path(".stepbook/graph"), project.folder, apiNames, maker)?.graph);
});

test("a model", async () => {
  project.write(
    "steps/30_m.ts",
    'import { saveModel } from "stepbook";\nimport { b } from "./20_b.ts";\nsaveModel("m", { weights: Float64Array.of(b, 1, 2) }, {});\n',
  );
  expect((await project.run()).code).toBe(0);
  const whole = readFileSync(project.path("models/m/v1.json"));
  for (let at = 0; at < whole.length - 2; at++)
    expect(() => decodeModel(whole.subarray(0, at), "m"), `cut at ${at}`).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: "E_DECODE" }) }),
    );
});
