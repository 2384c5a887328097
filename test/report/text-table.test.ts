import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTable } from "../../src/report/text-table.ts";
import { displayWidth } from "../../src/report/width.ts";

const columns = ["step", "last", "accuracy", "why"];
const rows = [
  ["10_fetch", "1.1 s", 0.9707602339, "nothing that it depends on changed"],
  ["30_tune", "312 ms", 1, null],
];

describe("a table", () => {
  it("is aligned, numbers to the right, and uncut in a pipe", () => {
    expect(formatTable(columns, rows)).toBe(
      [
        "step        last  accuracy  why",
        "10_fetch   1.1 s    0.9708  nothing that it depends on changed",
        "30_tune   312 ms         1",
      ].join("\n"),
    );
  });

  it("gives up text before numbers", () => {
    expect(formatTable(columns, rows, { width: 40 }).split("\n")).toEqual([
      "step        last  accuracy  why",
      "10_fetch   1.1 s    0.9708  nothing tha…",
      "30_tune   312 ms         1",
    ]);
  });

  it("cuts no column that is to be whole", () => {
    expect(
      formatTable(["run", "why"], [["20261127-214710-a1b2c3", "nothing that it depends on changed"]], {
        width: 40,
        whole: new Set(["run"]),
      }).split("\n")[1],
    ).toBe("20261127-214710-a1b2c3  nothing that it…");
  });

  it("puts a row's cells one below the other where there is no room beside what is whole", () => {
    const narrow = formatTable(
      ["run", "status", "why"],
      [
        ["20261127-214710-a1b2c3", "failed", "nothing that it depends on changed"],
        ["20261127-214711-a1b2c4", null, "x"],
      ],
      { width: 32, whole: new Set(["run"]) },
    );
    expect(narrow.split("\n")).toEqual([
      "run     20261127-214710-a1b2c3",
      "status  failed",
      "why     nothing that it depends…",
      "",
      "run     20261127-214711-a1b2c4",
      "why     x",
    ]);
  });

  it("has as many rows as there are", () => {
    expect(
      formatTable(
        ["n"],
        Array.from({ length: 200_000 }, (_, n) => [n]),
      ).split("\n"),
    ).toHaveLength(200_001);
  });

  it("is aligned as it is told", () => {
    expect(formatTable(["a", "b"], [["xx", 1]], { align: ["right", "left"] })).toBe(" a  b\nxx  1");
  });

  it("is its heading where there are no rows", () => {
    expect(formatTable(["a", "b"], [])).toBe("a  b");
  });

  it("shows no control characters", () => {
    expect(formatTable(["a\x1b[2J"], [["x\ny\x07"]])).toBe("a\nx y");
  });

  it("is never wider than the terminal", () => {
    const cell = fc.oneof(fc.string({ unit: "grapheme", maxLength: 30 }), fc.double(), fc.bigInt(), fc.constant(null));
    const table = fc
      .integer({ min: 1, max: 8 })
      .chain((count) =>
        fc.tuple(
          fc.array(fc.string({ minLength: 1 }), { minLength: count, maxLength: count }),
          fc.array(fc.array(cell, { minLength: count, maxLength: count })),
        ),
      );
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 100 }), ([heads, cells], width) =>
        formatTable(heads, cells, { width })
          .split("\n")
          .every((line) => displayWidth(line) <= width),
      ),
    );
  });
});
