import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { enterSlots, grace } from "../../src/schedule/enter.ts";

const minute = 60_000;
const seeds = Number(process.env["STEPBOOK_SLOT_SEEDS"] ?? 2_500);
const policies = fc.record({
  catchUp: fc.constantFrom("none", "latest", "all"),
  overlap: fc.constantFrom("skip", "queue", "allow"),
} as const);

describe("what becomes of slots", () => {
  test(`every slot has one fate, and it is the policy's (${seeds} seeds)`, () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { maxLength: 20 }),
        fc.nat(30_000),
        policies,
        fc.boolean(),
        fc.boolean(),
        (minutes, extra, policy, running, waits) => {
          const slots = minutes.sort((a, b) => a - b).map((at) => at * minute);
          const now = (slots.at(-1) ?? 0) + extra * 10;
          const entries = enterSlots(slots, now, policy, { running, due: waits });
          expect(entries.map(({ slot }) => slot)).toEqual(slots);
          const late = entries.filter(({ slot }) => now - slot > grace);
          const fresh = entries.filter(({ slot }) => now - slot <= grace);
          const run = late.filter(({ status }) => status === "due");
          expect(late.every(({ status }) => status !== "skipped")).toBe(true);
          expect(run.map(({ slot }) => slot)).toEqual(
            policy.catchUp === "all"
              ? late.map(({ slot }) => slot)
              : policy.catchUp === "latest" && fresh.length === 0
                ? late.slice(-1).map(({ slot }) => slot)
                : [],
          );
          expect(fresh.every(({ status }) => status !== "missed")).toBe(true);
          if (policy.overlap === "allow") expect(fresh.every(({ status }) => status === "due")).toBe(true);
          const taken = fresh.filter(({ status }) => status === "due").length;
          const blocked = waits || run.length > 0 || (policy.overlap === "skip" && running);
          if (policy.overlap !== "allow") expect(taken).toBe(blocked ? 0 : Math.min(1, fresh.length));
          expect(entries.every(({ status, reason }) => (reason === null) === (status === "due"))).toBe(true);
        },
      ),
      { numRuns: seeds },
    );
  });
});
