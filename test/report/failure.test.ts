import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createColors } from "../../src/report/style.ts";
import { formatFailure } from "../../src/report/failure.ts";
import { displayWidth } from "../../src/report/width.ts";
import { hostile } from "./hostile.ts";
import { failure } from "./script.ts";

const colors = createColors(false);
let project: string;

beforeAll(() => {
  project = mkdtempSync(path.join(os.tmpdir(), "failure-"));
  mkdirSync(path.join(project, "steps"));
  writeFileSync(
    path.join(project, "steps/30_tune.ts"),
    `import { rows } from "./20_split.ts";\n\nconst labels = rows.map(diagnosis);\n${"x".repeat(300)}.fail()\n\tif (字) fail();\n`,
  );
});
afterAll(() => rmSync(project, { recursive: true }));

describe("a failure", () => {
  it("says what, where and what to do", () => {
    expect(formatFailure(failure, colors, { project })).toBe(
      [
        "error E_STEP_THREW: TypeError: rows.map is not a function",
        "  ╭ steps/30_tune.ts:3:21",
        "3 │ const labels = rows.map(diagnosis);",
        "  │                     ^",
        "  → rows is a Table: await rows.rows() gives its rows",
        "    at labelsOf (lib/tune.ts:40:3)",
        "    at /project/steps/30_tune.ts:3:21",
      ].join("\n"),
    );
  });

  it("is its message where there is no more", () => {
    expect(formatFailure({ code: "E_USAGE", message: "no step 99" }, colors)).toBe("error E_USAGE: no step 99");
  });

  it("has its place where the file cannot be read, and no caret without a column", () => {
    expect(formatFailure({ ...failure, place: { file: "steps/gone.ts", line: 2 }, stack: "" }, colors, { project })).toContain(
      "  ╭ steps/gone.ts:2\n  →",
    );
    expect(formatFailure({ ...failure, place: { file: "steps/30_tune.ts", line: 3 } }, colors, { project })).not.toContain("^");
  });

  it("shows the part of a long line that counts, and the caret below its letter", () => {
    const text = formatFailure({ ...failure, place: { file: "steps/30_tune.ts", line: 4, column: 302 } }, colors, { project, width: 60 });
    const [, , source = "", caret = ""] = text.split("\n");
    expect(source.slice(caret.indexOf("^"))).toBe("fail()");
  });

  it("puts the caret right after tabs and wide letters", () => {
    const text = formatFailure({ ...failure, place: { file: "steps/30_tune.ts", line: 5, column: 9 } }, colors, { project });
    const [, , source = "", caret = ""] = text.split("\n");
    expect(displayWidth(source.slice(0, source.indexOf("fail")))).toBe(caret.indexOf("^"));
  });

  it.each([100, 60, 40])("fits %i columns", (width) => {
    const long = {
      ...failure,
      message: `${failure.message} ${"and so on ".repeat(30)}\nselect ${"x".repeat(200)}`,
      remedy: "do this ".repeat(30),
    };
    for (const each of [failure, long]) {
      for (const line of formatFailure(each, colors, { project, width }).split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  it("does not flood the screen", () => {
    const text = formatFailure({ code: "E_SQL", message: "a line\n".repeat(5000), stack: "at x (a.ts:1:1)\n".repeat(500) }, colors);
    expect(text.split("\n").length).toBeLessThan(50);
  });

  it.each(hostile)("with %j in it commands no terminal", (text) => {
    const place = { file: `steps/${text}.ts`, line: 1, column: 2 };
    expect(
      formatFailure({ code: "E_STEP_THREW", message: text, remedy: text, stack: `at ${text}`, place }, colors).replaceAll("\n", ""),
    ).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  });
});
