import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut, displayWidth, fill, wrap } from "../../src/report/width.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 80 }),
  fc.string({ maxLength: 80 }).map((each) => each.replace(/[^ -~]/g, "")),
  fc
    .array(fc.constantFrom("word", " ", "漢字", "🎉", "é", "\x1b[31m", "\x1b[0m", "👨‍👩‍👧", "❤️", "ｆ"), { maxLength: 40 })
    .map((parts) => parts.join("")),
);

describe("the width of a text", () => {
  it.each([
    ["abc", 3],
    ["漢字", 4],
    ["한국", 4],
    ["e\u0301", 1],
    ["🎉", 2],
    ["❤️", 2],
    ["✓", 1],
    ["━", 1],
    ["…", 1],
    ["", 0],
    ["\x1b[31mred\x1b[0m", 3],
  ])("of %j is %i columns", (each, width) => expect(displayWidth(each)).toBe(width));

  it("is never more than asked for after a cut", () => {
    fc.assert(fc.property(text, fc.nat(60), (each, width) => displayWidth(cut(each, width)) <= width));
  });

  it("a cut leaves alone what fits", () => {
    fc.assert(fc.property(text, (each) => cut(each, displayWidth(each)) === each));
  });

  it("is exactly what is asked for after a filling", () => {
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom("left" as const, "right" as const),
        (each, width, align) => displayWidth(fill(each, width, align)) === width,
      ),
    );
  });

  it("no row of a wrapped text is wider, and no letter is lost", () => {
    const letters = (each: string) => each.replace(/\x1b\[[0-9;]*m|\s/g, "");
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 60 }), (each, width) => {
        const rows = wrap(each, width);
        expect(rows.every((row) => displayWidth(row) <= width)).toBe(true);
        expect(letters(rows.join(""))).toBe(letters(each));
      }),
    );
  });

  it("a wrapped text has at most so many rows, and says that it goes on", () => {
    expect(wrap("a very long line of words", 8, 2)).toEqual(["a very", "long li…"]);
  });

  it("a long text costs little", () => {
    const before = performance.now();
    wrap("é".repeat(500_000), 80, 8);
    cut("x".repeat(5_000_000), 80);
    expect(performance.now() - before).toBeLessThan(500);
  });
});
