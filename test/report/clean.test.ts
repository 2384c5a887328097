import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanLine, cleanLines, cleanOutput } from "../../src/report/clean.ts";
import { hostile } from "./hostile.ts";

const control = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom(...hostile, "\x1b", "[", "]", "31m", "2J", "\x07", "\x9b", "P", "\\", "m"),
      fc.string({ unit: "binary", maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

describe("hostile text", () => {
  it.each(hostile)("%j loses what a terminal obeys", (text) => {
    expect(cleanLine(text)).not.toMatch(control);
    expect(cleanLines(text).join("")).not.toMatch(control);
    expect(cleanOutput(text, false)).not.toMatch(control);
  });

  it("has nothing left however it is put together", () => {
    fc.assert(
      fc.property(
        pieces,
        (text) => !control.test(cleanLine(text)) && !control.test(cleanLines(text).join("")) && !control.test(cleanOutput(text, false)),
      ),
      { numRuns: 500 },
    );
  });

  it("has nothing left but colours where colours may stay", () => {
    fc.assert(
      fc.property(pieces, (text) => !control.test(cleanOutput(text, true).replace(/\x1b\[[0-9;:]*m/g, ""))),
      { numRuns: 500 },
    );
  });

  it("keeps colours on request, and ends them", () => {
    expect(cleanOutput("\x1b[31mred", true)).toBe("\x1b[31mred\x1b[0m");
    expect(cleanOutput("\x1b[31mred\x1b[39m", false)).toBe("red");
  });

  it("shows a redrawn line as it ends, and tabs as spaces", () => {
    expect(cleanOutput("10 %\r50 %\r100 %\r", false)).toBe("100 %");
    expect(cleanOutput("a\tb", false)).toBe("a       b");
  });

  it("keeps what only begins like a sequence", () => {
    expect(cleanLine("\x1b]0;not closed")).toBe("0;not closed");
    expect(cleanLine("a\nb")).toBe("a b");
  });

  it("costs little", () => {
    const before = performance.now();
    cleanOutput("\x1b]".repeat(200_000), true);
    cleanLine(`${" ".repeat(20_000)}x`.repeat(10));
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
