/** Values of every sort that can cross an edge, odd ones too: stored and read again they are the same, and damage to their bytes is noticed or harmless. */
import assert from "node:assert";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { StepbookError } from "../../src/errors.ts";
import { decodeValue, encodeValue } from "../../src/store/codec.ts";
import { storable } from "../store/arbitrary.ts";
import { assertSame } from "../store/same.ts";
import { part, type Random, seed, trials } from "./trials.ts";

const bytesOf = (value: unknown) => Buffer.concat(encodeValue(value));

test("a value comes back as it was, by the same bytes", { timeout: 6 * 3600_000 }, async () => {
  await trials("values", (nth, { random }) => {
    const property = fc.property(storable, (value) => {
      const bytes = bytesOf(value);
      const back = decodeValue(bytes);
      assertSame(back, value);
      assert.ok(bytesOf(back).equals(bytes));
      harm(bytes, random);
    });
    fc.assert(property, { numRuns: 1, seed: seed + part * 1_000_000 + nth });
  });
});

/** What lies in the store is compared with its digest first; without that, too, it is decoded or refused, and nothing else changes. */
function harm(bytes: Buffer, random: Random): void {
  const harmed = Buffer.from(bytes.subarray(0, Math.ceil(random() * bytes.length)));
  if (harmed.length > 0) harmed[Math.floor(random() * harmed.length)]! ^= 1 << Math.floor(random() * 8);
  try {
    decodeValue(harmed);
  } catch (error) {
    expect((error as StepbookError).failure?.code).toBe("E_DECODE");
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
}
