import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startKept } from "../../src/kept-code.ts";

function scripted(): { folder: string; started: () => { said: string } } {
  const folder = mkdtempSync(path.join(tmpdir(), "kept-code-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "it.cjs");
  writeFileSync(file, 'exports.said = "as written " + (() => 6 * 7)();');
  return {
    folder,
    started: () => {
      const { exports, keep } = startKept<{ said: string }>(file, "digest", { require: createRequire(file) });
      keep();
      return exports;
    },
  };
}

test("kept code that was damaged anywhere is not run, and is made anew", () => {
  const { folder, started } = scripted();
  expect(started().said).toBe("as written 42");
  const [name] = readdirSync(folder).filter((each) => each.includes("-code-"));
  const kept = path.join(folder, name!);
  const whole = readFileSync(kept);
  for (const at of [0, 40, whole.length >> 1, whole.length - 1]) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x55;
    writeFileSync(kept, damaged);
    expect(started().said).toBe("as written 42");
    expect(readFileSync(kept).equals(damaged)).toBe(false);
  }
  writeFileSync(kept, whole.subarray(0, 50));
  expect(started().said).toBe("as written 42");
  expect(readdirSync(folder)).toHaveLength(2);
});
