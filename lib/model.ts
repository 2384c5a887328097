import KNN from "ml-knn";
import type { Neighbours } from "./neighbours.ts";
import { fitProjection, project, type Projection } from "./projection.ts";
import type { Matrix } from "./scale.ts";
import { countVotes, sortedClasses, winner, type Weighting } from "./vote.ts";

/** What the grid search chooses. */
export interface Hyperparameters {
  components: number;
  k: number;
  weights: Weighting;
}

/** A fitted classifier as plain data. `points` are the training rows along the components, `labels` their classes. */
export interface Model extends Hyperparameters {
  projection: Projection;
  points: number[][];
  labels: string[];
}

/** The class of one row, and each class's share of its neighbours' votes (0 to 1), by class. */
export interface Prediction {
  label: string;
  shares: Record<string, number>;
}

/**
 * Fits scaler and PCA on the rows, and keeps the rows' coordinates for the neighbour search.
 *
 * @param rows n × d, unscaled
 * @param labels n classes
 */
export function fitModel(rows: Matrix, labels: readonly string[], { components, k, weights }: Hyperparameters): Model {
  const projection = fitProjection(rows, components);
  return { components, k, weights, projection, points: project(projection, rows), labels: [...labels] };
}

/**
 * Classifies rows by the votes of their k nearest in ml-knn's kd-tree.
 * ml-knn itself votes uniformly and leaves ties to its heap, so the vote and both tie rules are those of
 * `neighbours.ts` and `vote.ts`, which the grid search went by.
 *
 * @param rows m × d, unscaled
 */
export function predict(model: Model, rows: Matrix): Prediction[] {
  const classes = sortedClasses(model.labels);
  const codes = model.labels.map((label) => classes.indexOf(label));
  const tree = plantTree(model);
  return project(model.projection, rows).map((point) => {
    const votes = countVotes(nearestInTree(tree, model, point), codes, model.k, model.weights, classes.length);
    const total = votes.reduce((sum, vote) => sum + vote, 0);
    return {
      label: classes[winner(votes)]!,
      shares: Object.fromEntries(classes.map((label, code) => [label, votes[code]! / total])),
    };
  });
}

// Each point carries its row number as one more coordinate, which the distance does not look at.
function plantTree({ points, labels, k, components }: Model): KNN {
  const numbered = points.map((point, row) => [...point, row]);
  return new KNN(numbered, labels, { k, distance: squaredDistance(components) });
}

// ml-knn measures from objects without a length, so its tree prunes only where the distance knows the dimension.
function squaredDistance(dimension: number): (a: ArrayLike<number>, b: ArrayLike<number>) => number {
  return (a, b) => {
    let sum = 0;
    for (let i = 0; i < dimension; i++) sum += (a[i]! - b[i]!) ** 2;
    return sum;
  };
}

// The first search tells how far the k-th neighbour is; the second finds all within that reach, so that of rows at
// equal distance the tie rule and not the tree says which belong to the k.
function nearestInTree({ kdTree }: KNN, { points, k, components }: Model, point: number[]): Neighbours {
  const reach = Math.max(...kdTree.nearest(point, k).map(([, squared]) => squared));
  const within = kdTree
    .nearest(point, points.length, reach * (1 + Number.EPSILON))
    .map(([coordinates, squared]) => ({ row: coordinates[components]!, squared }))
    .sort((a, b) => a.squared - b.squared || a.row - b.row)
    .slice(0, k);
  return { rows: within.map(({ row }) => row), squared: within.map(({ squared }) => squared) };
}
