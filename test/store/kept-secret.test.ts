import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { keptSecret } from "../../src/store/kept-secret.ts";

const folder = mkdtempSync(path.join(tmpdir(), "stepbook-secret-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("it is made once, for its owner alone, and nothing lies beside it", () => {
  const file = path.join(folder, "state", "key");
  const made = keptSecret(file);
  expect(made).toMatch(/^[0-9a-f]{64}$/);
  expect(keptSecret(file)).toBe(made);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(file))).toEqual(["key"]);
});

test.each(["", "0123"])("what was left half-written (%j) is not a secret", (left) => {
  const file = path.join(folder, "half");
  writeFileSync(file, left);
  expect(keptSecret(file)).toMatch(/^[0-9a-f]{64}$/);
  expect(readFileSync(file, "utf8")).toBe(keptSecret(file));
});
