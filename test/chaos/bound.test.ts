import { expect, test } from "vitest";
import { upperBound } from "./bound.ts";
import { budgetOf, type RowId, rows } from "./sizes.ts";

// Values of the beta distribution's quantiles, as published tables give them.
test.each([
  [0, 10, 0.2589],
  [0, 300, 0.00994],
  [1, 10, 0.3942],
  [2, 100, 0.0616],
  [10, 10, 1],
  [0, 0, 1],
])("%i failures in %i trials: at most %f", (failures, trials, bound) => {
  expect(upperBound(failures, trials)).toBeCloseTo(bound, 3);
});

/** In ms; a row that is done whole takes what its trials take. */
const share = (id: RowId, minutes: number) =>
  Math.min(budgetOf(id, minutes), rows[id].whole ? 1000 * rows[id].release * rows[id].seconds : Infinity);

test.each([25, 57, 110])("in %i minutes the rows get no more than two lanes have", (minutes) => {
  const shares = (Object.keys(rows) as RowId[]).map((id) => share(id, minutes));
  expect(shares.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(2 * minutes * 60_000);
});

test("in 75 minutes each row that is not the oracle has the time for all of its trials", () => {
  for (const [id, { release, seconds }] of Object.entries(rows))
    if (id !== "oracle") expect(share(id as RowId, 75), id).toBeGreaterThanOrEqual(release * seconds * 1000);
});

test.each(["ctrlC", "rival"] as const)("%s has all of its trials in the shortest release", (id) => {
  expect(budgetOf(id, 1)).toBe(Infinity);
});
