import { holdOut } from "./folds.ts";
import { nearestByDimension } from "./neighbours.ts";
import { fitProjection, project } from "./projection.ts";
import type { Matrix } from "./scale.ts";
import { countVotes, sortedClasses, winner, type Weighting } from "./vote.ts";

/** What is tried: 1 to `components` components, with every k and both weightings. */
export interface Grid {
  components: number;
  ks: readonly number[];
}

/** One point of the grid, with its accuracy on each fold and the mean of them. */
export interface Trial {
  components: number;
  k: number;
  weights: Weighting;
  foldAccuracies: number[];
  accuracy: number;
}

type Candidate = Pick<Trial, "k" | "weights">;

/**
 * Cross-validates the grid, and yields the trials of one number of components at a time.
 * One sorted neighbour list serves every k and both weightings, and grows out of the list with one component fewer,
 * so that the grid costs little more than one search. Scaler and PCA are fitted inside each fold.
 *
 * Trials come in the order of the grid: by components, then k, then uniform before distance.
 *
 * @param rows n × d, unscaled
 * @param labels n classes
 * @param folds the fold of each row, from `stratifiedFolds`
 * @throws RangeError where a fold leaves too few rows for the components or for the largest k
 */
export function* gridSearch(rows: Matrix, labels: readonly string[], folds: readonly number[], grid: Grid): Generator<Trial[], void> {
  const candidates = inGridOrder(grid.ks);
  const searches = foldNumbers(folds).map((fold) => searchFold(rows, labels, folds, fold, grid.components, candidates));
  for (let components = 1; components <= grid.components; components++) {
    const accuraciesByFold = searches.map((search) => search.next().value!);
    yield candidates.map((candidate, i) => {
      const foldAccuracies = accuraciesByFold.map((accuracies) => accuracies[i]!);
      return { components, ...candidate, foldAccuracies, accuracy: mean(foldAccuracies) };
    });
  }
}

/**
 * The trial with the best mean accuracy; of equals the first in the order of the grid, as scikit-learn's GridSearchCV has it.
 *
 * @throws RangeError without trials
 */
export function bestTrial(trials: readonly Trial[]): Trial {
  const [first, ...others] = trials;
  if (first === undefined) throw new RangeError("bestTrial needs at least one trial");
  return others.reduce((best, trial) => (trial.accuracy > best.accuracy + roundingError ? trial : best), first);
}

// The same hits, in another order of the folds, can give a mean that differs in its last bit.
const roundingError = 1e-12;

/** Yields, for 1, 2, … components, the accuracy of each candidate on the fold. */
function* searchFold(
  rows: Matrix,
  labels: readonly string[],
  folds: readonly number[],
  fold: number,
  components: number,
  candidates: readonly Candidate[],
): Generator<number[], void> {
  const classes = sortedClasses(labels);
  const { train, test } = holdOut(rows, folds, fold);
  const codes = holdOut(labels.map((label) => classes.indexOf(label)), folds, fold);
  const projection = fitProjection(train, components);
  const largestK = Math.max(...candidates.map(({ k }) => k));
  for (const neighbours of nearestByDimension(project(projection, train), project(projection, test), largestK)) {
    yield candidates.map(({ k, weights }) => {
      const votes = neighbours.map((nearest) => countVotes(nearest, codes.train, k, weights, classes.length));
      return mean(votes.map((totals, i) => (winner(totals) === codes.test[i] ? 1 : 0)));
    });
  }
}

function inGridOrder(ks: readonly number[]): Candidate[] {
  const weightings: Weighting[] = ["uniform", "distance"];
  return [...ks].sort((a, b) => a - b).flatMap((k) => weightings.map((weights) => ({ k, weights })));
}

function foldNumbers(folds: readonly number[]): number[] {
  return [...new Set(folds)].sort((a, b) => a - b);
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
