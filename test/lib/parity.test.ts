import { describe, expect, test } from "vitest";
import { holdOut } from "../../lib/folds.ts";
import { fitModel, predict } from "../../lib/model.ts";
import { nearestByDimension, type Neighbours } from "../../lib/neighbours.ts";
import { diagnoses, featureMatrix } from "../../lib/patients.ts";
import { fitProjection, project } from "../../lib/projection.ts";
import { bestTrial, gridSearch } from "../../lib/tune.ts";
import { countVotes, winner } from "../../lib/vote.ts";
import { saidMalignant, sklearn } from "../fixtures/sklearn/fixture.ts";
import { patientsOf } from "./dataset.ts";

const components = 29;
const ks = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25];
const rows = featureMatrix(patientsOf(sklearn.train));
const labels = diagnoses(patientsOf(sklearn.train));
const trials = [...gridSearch(rows, labels, sklearn.folds, { components, ks })].flat();

/** The neighbour lists of each training row by the rows of the other folds: [components − 1][row]. */
function neighbourLists(): { neighbours: Neighbours; codes: number[] }[][] {
  const lists = Array.from({ length: components }, () => new Array<{ neighbours: Neighbours; codes: number[] }>(rows.length));
  for (const fold of [0, 1, 2]) {
    const { train, test } = holdOut(rows, sklearn.folds, fold);
    const codes = holdOut(labels, sklearn.folds, fold).train.map((label) => (label === "M" ? 1 : 0));
    const places = holdOut([...rows.keys()], sklearn.folds, fold).test;
    const projection = fitProjection(train, components);
    // One more than the largest k, to see the row that just missed.
    [...nearestByDimension(project(projection, train), project(projection, test), 26)].forEach((found, dimension) => {
      found.forEach((neighbours, i) => (lists[dimension]![places[i]!] = { neighbours, codes }));
    });
  }
  return lists;
}

describe(`scikit-learn ${sklearn.made_by.sklearn}, same split, same folds`, () => {
  test("the grid is the same, point by point", () => {
    const points = ({ components, k, weights }: (typeof trials)[number]) => ({ components, k, weights });
    expect(trials.map(points)).toEqual(sklearn.trials.map(({ components, k, weights }) => ({ components, k, weights })));
  });

  test("every accuracy of every fold is equal to 1e-12", () => {
    const differences = trials.flatMap(({ foldAccuracies }, i) =>
      foldAccuracies.map((accuracy, fold) => Math.abs(accuracy - sklearn.trials[i]!.accuracies[fold]!)),
    );
    expect(differences).toHaveLength(29 * 13 * 2 * 3);
    expect(Math.max(...differences)).toBeLessThanOrEqual(1e-12);
  });

  test("every row gets the same class, and no tie had to decide it", () => {
    const lists = neighbourLists();
    const differing: unknown[] = [];
    let closest = Infinity;
    for (const trial of sklearn.trials) {
      const malignant = saidMalignant(trial);
      lists[trial.components - 1]!.forEach(({ neighbours, codes }, row) => {
        const votes = countVotes(neighbours, codes, trial.k, trial.weights, 2);
        if ((winner(votes) === 1) !== malignant[row]) differing.push({ ...trial, row });
        const nextNeighbour = neighbours.squared[trial.k]! / neighbours.squared[trial.k - 1]! - 1;
        closest = Math.min(closest, nextNeighbour, Math.abs(votes[1]! - votes[0]!));
      });
    }
    expect(differing).toEqual([]);
    // The k-th and the next neighbour, and the two classes' votes, always differ by far more than rounding does.
    expect(closest).toBeGreaterThan(1e-10);
  });

  test("both choose the same hyper-parameters", () => {
    expect(bestTrial(trials)).toMatchObject(sklearn.best);
  });

  test.each(sklearn.evaluations)(
    "the test set gets the same classes and probabilities: $components components, k $k, $weights",
    (evaluation) => {
      const predictions = predict(fitModel(rows, labels, evaluation), featureMatrix(patientsOf(sklearn.test)));
      expect(predictions.map(({ label }) => label).join("")).toBe(evaluation.predictions);
      const differences = predictions.map(({ shares }, i) => Math.abs(shares["M"]! - evaluation.scores[i]!));
      expect(Math.max(...differences)).toBeLessThanOrEqual(1e-12);
    },
  );
});
