import fc from "fast-check";
import { expect, test } from "vitest";
import { holdOut, stratifiedFolds } from "../../lib/folds.ts";
import { diagnoses, featureMatrix } from "../../lib/patients.ts";
import { fitProjection } from "../../lib/projection.ts";
import { gridSearch } from "../../lib/tune.ts";
import { patients, shuffler } from "./dataset.ts";

const rows = featureMatrix(patients);
const labels = diagnoses(patients);
const folds = stratifiedFolds(labels, 3, shuffler(42));
const grid = { components: 5, ks: [1, 9] };

/** The rows, with one of them measured absurdly. */
function disturb(row: number): number[][] {
  return rows.map((values, other) => (other === row ? values.map((value) => value * -1e6) : values));
}

const anyRow = fc.integer({ min: 0, max: rows.length - 1 });

test("a changed row of the test fold does not change the fitted scaler and PCA, one of another fold does", () => {
  fc.assert(
    fc.property(anyRow, fc.integer({ min: 0, max: 2 }), (row, fold) => {
      const fit = (matrix: number[][]) => fitProjection(holdOut(matrix, folds, fold).train, 5);
      if (folds[row] === fold) expect(fit(disturb(row))).toEqual(fit(rows));
      else expect(fit(disturb(row))).not.toEqual(fit(rows));
    }),
    { numRuns: 20 },
  );
});

test("in the grid search, a changed row of the test fold changes no answer but its own", () => {
  const before = [...gridSearch(rows, labels, folds, grid)].flat();
  fc.assert(
    fc.property(anyRow, (row) => {
      const fold = folds[row]!;
      const oneRow = 1 / folds.filter((other) => other === fold).length;
      const after = [...gridSearch(disturb(row), labels, folds, grid)].flat();
      after.forEach(({ foldAccuracies }, i) => {
        expect(Math.abs(foldAccuracies[fold]! - before[i]!.foldAccuracies[fold]!)).toBeLessThanOrEqual(oneRow + 1e-12);
      });
    }),
    { numRuns: 10 },
  );
});
