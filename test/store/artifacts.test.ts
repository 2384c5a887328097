import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Artifact } from "../../src/model.ts";
import { loadArtifact } from "../../src/step/inputs.ts";
import { parquet, sql, type Table } from "../../src/step/api.ts";
import { digestFile, storeExport, type Figure, type StagedArtifact, type ToldArtifact } from "../../src/store/artifacts.ts";
import { onDisk, publish } from "../../src/store/durable.ts";
import { mutationGuard } from "../../src/store/freeze.ts";
import { failed, makeRig, type Rig } from "../step/rig.ts";

let rig: Rig;
beforeEach(() => void (rig = makeRig()));

const store = async (name: string, value: unknown) => (await storeExport(name, value, rig.host.staging)) as StagedArtifact;
const artifactOf = ({ file: _, ...artifact }: StagedArtifact): Artifact => artifact;

/** Puts the file where the store would have it. */
function toStore(staged: StagedArtifact): string {
  const file = path.join(rig.project, ".stepbook", "store", staged.digest);
  mkdirSync(path.dirname(file), { recursive: true });
  publish(staged.file, file);
  return file;
}

describe("values", () => {
  test("are stored by content and come back read-only", async () => {
    const staged = await store("model", { k: 5, weights: new Float64Array([1, 2]), when: new Date(0) });
    expect(staged).toEqual({
      codec: "value",
      digest: createHash("sha256").update(readFileSync(staged.file)).digest("hex"),
      bytes: statSync(staged.file).size,
      file: staged.file,
    });
    expect(path.dirname(staged.file)).toBe(rig.host.staging);
    const value = loadArtifact(artifactOf(staged), toStore(staged), "model") as { k: number; weights: Float64Array; when: Date };
    expect(value.k).toBe(5);
    expect(() => (value.k = 6)).toThrow(TypeError);
    expect(() => value.when.setTime(1)).toThrow("read-only: `model.when` is an output of another step; copy it first");
    const guard = mutationGuard(value, "model");
    value.weights[0] = 7;
    expect(guard.changed()).toBe("model.weights");
  });

  test("equal ones have one digest, whatever they are called; what was read may be stored again", async () => {
    const first = await store("a", { x: new Map([["k", new Set([new Date(0)])]]) });
    const again = loadArtifact(artifactOf(first), first.file, "a");
    expect((await store("b", again)).digest).toBe(first.digest);
    expect((await store("b", { x: new Map([["k", new Set([new Date(0)])]]) })).digest).toBe(first.digest);
  });

  test("small ones are handed on as they are, the others as files", async () => {
    const small = (await storeExport("k", 5, rig.host.staging, 100)) as ToldArtifact;
    const staged = await store("k", 5);
    expect(small).toEqual({ codec: "value", told: readFileSync(staged.file, "utf8") });
    const accents = (await storeExport("text", { é: "\ud800 ☃" }, rig.host.staging, 100)) as ToldArtifact;
    expect(Buffer.from(accents.told)).toEqual(readFileSync((await store("text", { é: "\ud800 ☃" })).file));
    expect(await storeExport("raw", new Float64Array(1000), rig.host.staging, 1 << 20)).toHaveProperty("file");
    expect(await storeExport("k", "x".repeat(100), rig.host.staging, 100)).toHaveProperty("file");
  });

  test("an array of 2 GiB, which is more than Node takes at once", async () => {
    const array = new Uint8Array(2 ** 31 + 9);
    const guard = mutationGuard(array, "array");
    array[2 ** 31] = 5;
    expect(guard.changed()).toBe("array");
    const staged = await store("array", array);
    expect(staged).toMatchObject(digestFile(staged.file));
  });

  test("a large array is not copied into text", async () => {
    const array = new Float64Array(2_000_000).map((_, index) => index / 3);
    const staged = await store("array", { array });
    expect(staged.bytes).toBeLessThan(array.byteLength + 200);
    const back = loadArtifact(artifactOf(staged), staged.file, "array") as { array: Float64Array };
    expect(back.array.buffer.byteLength).toBe(array.byteLength);
    expect(Buffer.from(back.array.buffer).equals(Buffer.from(array.buffer))).toBe(true);
  });

  test("what cannot be stored is named by its export", async () => {
    expect(await failed(() => store("model", { tree: { root: () => 1 } }))).toMatch(
      /^E_UNSTORABLE: model\.tree\.root is a function \(root\), which cannot be stored; move it to lib\//,
    );
    expect(await failed(() => store("rows", sql`SELECT 1`))).toBe(
      "E_UNSTORABLE: rows is a query or promise that was not awaited, which cannot be stored; write await before it",
    );
    const table = await sql`SELECT 1`;
    expect(await failed(() => store("both", { table }))).toBe(
      "E_UNSTORABLE: both.table is a Table inside a value, which cannot be stored; export the table by its own name: export const … = table",
    );
  });

  test("a name that is not a file name", async () => {
    expect(path.dirname((await store("a/../../b", 1)).file)).toBe(rig.host.staging);
  });
});

describe("tables", () => {
  test("are their Parquet file; read by what was stored", async () => {
    const table = await sql`SELECT range AS n FROM range(${3})`;
    const staged = await store("numbers", table);
    expect(staged).toMatchObject({ codec: "table", schema: [{ name: "n", type: "BIGINT" }], rows: 3 });
    expect(digestFile(staged.file)).toEqual({ digest: staged.digest, bytes: staged.bytes });
    const file = toStore(staged);
    expect(existsSync(staged.file)).toBe(false);
    const back = loadArtifact(artifactOf(staged), file, "numbers") as Table<{ n: number }>;
    expect(back.count).toBe(3);
    expect(await back.rows()).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    expect(await sql`SELECT sum(n) AS s FROM ${back}`.first()).toEqual({ s: 3 });
    expect(rig.reads).toEqual([]);
  });

  test("may be exported by two names", async () => {
    const table = await sql`SELECT 1 AS a`;
    const [first, second] = [await store("a", table), await store("b", table)];
    expect(second.digest).toBe(first.digest);
    expect(second.file).not.toBe(first.file);
    toStore(first);
    expect(digestFile(second.file).digest).toBe(first.digest);
    expect(await table.rows()).toEqual([{ a: 1 }]);
  });

  test("from the store are the same artifact, not copied", async () => {
    const staged = await store("numbers", await sql`SELECT 1 AS a`);
    const file = toStore(staged);
    const again = await store("other", loadArtifact(artifactOf(staged), file, "numbers"));
    expect(again).toEqual({ ...artifactOf(staged), file });
  });

  test("of the user's own file are copied", async () => {
    const mine = path.join(rig.project, "mine.parquet");
    renameSync((await store("a", await sql`SELECT 1 AS a`)).file, mine);
    const staged = await store("mine", await parquet("mine.parquet"));
    expect(path.dirname(staged.file)).toBe(rig.host.staging);
    expect(readFileSync(staged.file).equals(readFileSync(mine))).toBe(true);
  });
});

test("figures show themselves as they did", async () => {
  const show = Symbol.for("Jupyter.display");
  class Plot {
    async [show]() {
      return { "image/svg+xml": "<svg/>", "application/json": { n: 1 } };
    }
  }
  const staged = await store("plot", new Plot());
  expect(staged.codec).toBe("figure");
  const figure = loadArtifact(artifactOf(staged), staged.file, "plot") as Figure & Record<symbol, () => unknown>;
  expect(figure[show]!()).toEqual({ "image/svg+xml": "<svg/>", "application/json": { n: 1 } });
  expect((await store("again", figure)).digest).toBe(staged.digest);
});

test("an element of a DOM is a figure, an SVG as one that stands alone; data with such fields is data", async () => {
  class Element {
    readonly tag: string;
    constructor(tag: string) {
      this.tag = tag;
    }
    get localName() {
      return this.tag;
    }
    get outerHTML() {
      return `<${this.tag} width="4"><path/></${this.tag}>`;
    }
  }
  const bundle = async (value: unknown) => {
    const staged = await store("plot", value);
    return staged.codec === "figure" ? (loadArtifact(artifactOf(staged), staged.file, "plot") as Figure).bundle : staged.codec;
  };
  expect(await bundle(new Element("svg"))).toEqual({
    "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="4"><path/></svg>',
  });
  expect(await bundle(new Element("figure"))).toEqual({ "text/html": '<figure width="4"><path/></figure>' });
  expect(await bundle({ localName: "svg", outerHTML: "<svg/>" })).toBe("value");
});

describe("what goes wrong", () => {
  test("a file that is not there, is cut or altered", async () => {
    const staged = await store("a", { x: new Uint8Array(5000) });
    const load = () => loadArtifact(artifactOf(staged), staged.file, "dataset");
    truncateSync(staged.file, staged.bytes - 1);
    expect(await failed(load)).toMatch(/^E_DECODE: not a stored value: it says that 5000 bytes follow its first line, and 4999 do/);
    writeFileSync(staged.file, "{}");
    expect(await failed(load)).toMatch(/^E_DECODE: not a stored value: its first line has no end/);
    rmSync(staged.file);
    expect(await failed(load)).toMatch(/^E_ARTIFACT: the stored dataset is not there: /);
  });

  test.each([
    ["ENOSPC", "E_DISK_FULL: no space left to write x; free space on its disk; what was stored before is whole"],
    ["EROFS", "E_READ_ONLY: x cannot be written (EROFS); make its folder writable"],
  ])("%s", async (code, message) => {
    expect(
      await failed(() =>
        onDisk("x", () => {
          throw Object.assign(new Error(code), { code });
        }),
      ),
    ).toBe(message);
    expect(() =>
      onDisk("x", () => {
        throw new Error("other");
      }),
    ).toThrow("other");
  });

  test.skipIf(process.getuid?.() === 0)("a folder that may not be written", async () => {
    chmodSync(rig.host.staging, 0o500);
    expect(await failed(() => store("a", 1))).toMatch(/^E_READ_ONLY: .* cannot be written \(EACCES\); make its folder writable$/);
    chmodSync(rig.host.staging, 0o700);
  });
});
