import { expect, test } from "vitest";
import { upperBound } from "./bound.ts";
import { rows } from "./sizes.ts";

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

test("the rows share all of the time, and no more", () => {
  expect(Object.values(rows).reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
});
