import { expect, test } from "vitest";
import { stratifiedFolds } from "../../lib/folds.ts";
import { diagnoses, featureMatrix } from "../../lib/patients.ts";
import { bestTrial, gridSearch, type Trial } from "../../lib/tune.ts";
import { patients, shuffler } from "./dataset.ts";

function trial(accuracy: number, components: number): Trial {
  return { components, k: 1, weights: "uniform", foldAccuracies: [accuracy], accuracy };
}

test("of equally good trials the first wins, even where a mean differs in its last bit", () => {
  expect(bestTrial([trial(0.9, 1), trial(0.95, 2), trial(0.95 + 2 ** -53, 3), trial(0.94, 4)]).components).toBe(2);
  expect(bestTrial([trial(0.9, 1), trial(0.9 + 1e-6, 2)]).components).toBe(2);
});

test("without a trial there is no best", () => {
  expect(() => bestTrial([])).toThrow(new RangeError("bestTrial needs at least one trial"));
});

test("trials come in the order of the grid, one number of components at a time", () => {
  const labels = diagnoses(patients);
  const steps = [...gridSearch(featureMatrix(patients), labels, stratifiedFolds(labels, 3, shuffler(1)), { components: 2, ks: [5, 1] })];
  const points = steps.map((trials) => trials.map(({ components, k, weights }) => `${components} ${k} ${weights}`));
  expect(points).toEqual([
    ["1 1 uniform", "1 1 distance", "1 5 uniform", "1 5 distance"],
    ["2 1 uniform", "2 1 distance", "2 5 uniform", "2 5 distance"],
  ]);
});
