import { expect, test } from "vitest";
import { fitPca, rotate } from "../../lib/pca.ts";
import { featureMatrix } from "../../lib/patients.ts";
import { fitProjection, project } from "../../lib/projection.ts";
import { fitScaler, standardize } from "../../lib/scale.ts";
import { sklearn } from "../fixtures/sklearn/fixture.ts";
import { patientsOf } from "./dataset.ts";

const rows = featureMatrix(patientsOf(sklearn.train));
const { mean, scale, explained_variance, first_row } = sklearn.fitted_on_train;

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value / expected[i]! - 1)).toBeLessThan(1e-9));
}

test("the scaler learns scikit-learn's means and standard deviations", () => {
  const scaler = fitScaler(rows);
  expectClose(scaler.mean, mean);
  expectClose(scaler.scale, scale);
});

test("a column that does not vary keeps scale 1, even where its mean has a rounding error", () => {
  const constant = Array.from({ length: 10 }, () => [0.1, 5]);
  expect(fitScaler(constant).scale).toEqual([1, 1]);
  expect(standardize(fitScaler(constant), [[0.1, 6]])[0]![1]).toBe(1);
});

test("a scaler without rows is refused", () => {
  expect(() => fitScaler([])).toThrow(new RangeError("fitScaler needs at least one row"));
});

test("a row with a value that is missing, not a number, or one too many is refused", () => {
  const scaler = fitScaler([
    [1, 2],
    [3, 5],
  ]);
  for (const row of [[1], [1, Number.NaN], [1, null as unknown as number], [1, 2, 3]]) {
    expect(() => standardize(scaler, [row]), String(row)).toThrow(/row 0 needs 2 finite values/);
  }
});

test("the components have scikit-learn's variances and coordinates, up to sign", () => {
  const scores = project(fitProjection(rows, 30), rows);
  const variances = scores[0]!.map((_, i) => scores.reduce((sum, score) => sum + score[i]! ** 2, 0) / (rows.length - 1));
  expectClose(variances, explained_variance);
  expectClose(scores[0]!.map(Math.abs), first_row);
});

test("fewer components are the first of more", () => {
  const few = project(fitProjection(rows, 3), rows);
  expect(few).toEqual(project(fitProjection(rows, 30), rows).map((score) => score.slice(0, 3)));
});

test("all components together keep every distance", () => {
  const points = [
    [0, 1, 4],
    [2, 2, 2],
    [5, 0, 3],
    [1, 7, 1],
  ];
  const squaredDistance = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
  const [a, b] = rotate(fitPca(points, 3), points);
  expect(squaredDistance(a!, b!)).toBeCloseTo(squaredDistance(points[0]!, points[1]!), 12);
});

test("more components than the rows have is refused", () => {
  expect(() =>
    fitPca(
      [
        [1, 2, 3],
        [4, 5, 7],
      ],
      3,
    ),
  ).toThrow(new RangeError("cannot take 3 components of 2 × 3 values: 1 to 2 exist"));
});
