import fc from "fast-check";
import KNN from "ml-knn";
import { describe, expect, test } from "vitest";
import { predict } from "../../lib/model.ts";
import { nearestByDimension } from "../../lib/neighbours.ts";
import { countVotes, winner } from "../../lib/vote.ts";

// Leaves the points as they are, so that ties stay exact.
const identity = {
  scaler: { mean: [0, 0], scale: [1, 1] },
  pca: {
    mean: [0, 0],
    components: [
      [1, 0],
      [0, 1],
    ],
  },
};

function nearest(train: number[][], query: number[], limit: number) {
  return [...nearestByDimension(train, [query], limit)].at(-1)![0]!;
}

describe("neighbours", () => {
  test("of rows at equal distance the lower row index is nearer", () => {
    expect(nearest([[1], [-1], [3], [1], [-1]], [0], 3)).toEqual({ rows: [0, 1, 3], squared: [1, 1, 1] });
  });

  test("each further dimension counts", () => {
    const lists = [
      ...nearestByDimension(
        [
          [0, 9],
          [1, 0],
          [5, 0],
        ],
        [[0, 0]],
        2,
      ),
    ].map(([list]) => list);
    expect(lists).toEqual([
      { rows: [0, 1], squared: [0, 1] },
      { rows: [1, 2], squared: [1, 25] },
    ]);
  });

  test("more neighbours than rows is refused", () => {
    expect(() => nearest([[1]], [0], 2)).toThrow(new RangeError("2 neighbours asked of 1 training rows"));
  });

  // Whole numbers in a small range, so that nearly every list has ties.
  const point = fc.tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 }));
  const points = fc.array(point, { minLength: 3, maxLength: 30 });

  test("the list is the head of all rows sorted by distance, then row", () => {
    fc.assert(
      fc.property(points, point, fc.integer({ min: 1, max: 3 }), (train, query, limit) => {
        const sorted = train
          .map(([x, y], row) => ({ row, squared: (x - query[0]) ** 2 + (y - query[1]) ** 2 }))
          .sort((a, b) => a.squared - b.squared || a.row - b.row)
          .slice(0, limit);
        expect(nearest(train, query, limit)).toEqual({ rows: sorted.map(({ row }) => row), squared: sorted.map(({ squared }) => squared) });
      }),
    );
  });

  test("the model's kd-tree finds the neighbours that the grid search finds, ties included", () => {
    const weighting = fc.constantFrom("uniform" as const, "distance" as const);
    fc.assert(
      fc.property(points, fc.array(point, { minLength: 1 }), fc.integer({ min: 1, max: 3 }), weighting, (train, queries, k, weights) => {
        const labels = train.map((_, row) => (row % 2 === 0 ? "M" : "B"));
        const codes = labels.map((label) => (label === "M" ? 1 : 0));
        const model = { components: 2, k, weights, projection: identity, points: train, labels };
        const expected = queries.map((query) => "BM"[winner(countVotes(nearest(train, query, k), codes, k, weights, 2))]);
        expect(predict(model, queries).map(({ label }) => label)).toEqual(expected);
      }),
    );
  });
});

describe("votes", () => {
  const neighbours = (squared: number[]) => ({ rows: squared.map((_, i) => i), squared });

  test("of equal votes the class that sorts first wins", () => {
    expect(winner(countVotes(neighbours([1, 2]), [1, 0], 2, "uniform", 2))).toBe(0);
    expect(winner([1, 3, 3])).toBe(1);
  });

  test("a neighbour's vote can weigh the inverse of its distance", () => {
    expect(countVotes(neighbours([1, 4, 16]), [0, 1, 1], 3, "distance", 2)).toEqual([1, 0.75]);
  });

  test("a neighbour at distance 0 outvotes all others", () => {
    expect(countVotes(neighbours([0, 1e-12, 1e-12]), [1, 0, 0], 3, "distance", 2)).toEqual([0, 1]);
  });

  test("only the k nearest vote", () => {
    expect(countVotes(neighbours([1, 4, 9]), [0, 1, 1], 1, "uniform", 2)).toEqual([1, 0]);
  });
});

test("ml-knn alone decides a tie by the shape of its tree, and not by the order of the rows", () => {
  const model = {
    components: 2,
    k: 1,
    weights: "uniform" as const,
    projection: identity,
    points: [
      [1, 0],
      [-1, 0],
    ],
    labels: ["B", "M"],
  };
  expect(predict(model, [[0, 0]]).map(({ label }) => label)).toEqual(["B"]);
  expect(new KNN(model.points, model.labels, { k: 1 }).predict([[0, 0]])).toEqual(["M"]);
});
