import fc from "fast-check";
import { expect, test } from "vitest";
import { holdOut, stratifiedFolds } from "../../lib/folds.ts";
import { diagnoses } from "../../lib/patients.ts";
import { patients, shuffler } from "./dataset.ts";

const labelled = fc.integer({ min: 2, max: 7 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    seed: fc.nat(),
    // Enough of each class for every fold.
    labels: fc
      .shuffledSubarray(
        [...Array(60)].map((_, i) => "ABC"[i % 3]!),
        { minLength: 60 - count },
      )
      .filter((labels) => ["A", "B", "C"].every((label) => labels.filter((other) => other === label).length >= count)),
  }),
);

function sizes(folds: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, fold) => folds.filter((other) => other === fold).length);
}

test("stratified: in every class, and over all, the folds differ by one row at most", () => {
  fc.assert(
    fc.property(labelled, ({ labels, count, seed }) => {
      const folds = stratifiedFolds(labels, count, shuffler(seed));
      for (const kept of [["A"], ["B"], ["C"], ["A", "B", "C"]]) {
        const counts = sizes(
          folds.filter((_, row) => kept.includes(labels[row]!)),
          count,
        );
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("the folds are disjoint and cover every row; train and test of each are its complement and itself", () => {
  fc.assert(
    fc.property(labelled, ({ labels, count, seed }) => {
      const folds = stratifiedFolds(labels, count, shuffler(seed));
      const rows = labels.map((_, row) => row);
      const tests = Array.from({ length: count }, (_, fold) => holdOut(rows, folds, fold).test);
      expect(tests.flat().sort((a, b) => a - b)).toEqual(rows);
      tests.forEach((test, fold) => {
        const { train } = holdOut(rows, folds, fold);
        expect([...train, ...test].sort((a, b) => a - b)).toEqual(rows);
      });
    }),
  );
});

test("one seed, one deal; another seed, another deal", () => {
  const labels = diagnoses(patients);
  expect(stratifiedFolds(labels, 3, shuffler(42))).toEqual(stratifiedFolds(labels, 3, shuffler(42)));
  expect(stratifiedFolds(labels, 3, shuffler(42))).not.toEqual(stratifiedFolds(labels, 3, shuffler(43)));
});

test("a fold that would miss a class is refused", () => {
  const deal = (labels: string[], count: number) => stratifiedFolds(labels, count, shuffler(1));
  expect(() => deal(["B", "B", "B", "M", "M"], 3)).toThrow(new RangeError("class M has 2 rows, too few for 3 folds"));
  expect(() => deal(["B", "M"], 1)).toThrow(new RangeError("cv_folds must be a whole number from 2, not 1"));
});
