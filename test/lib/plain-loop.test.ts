import KNN from "ml-knn";
import { expect, test } from "vitest";
import { holdOut } from "../../lib/folds.ts";
import { diagnoses, featureMatrix } from "../../lib/patients.ts";
import { fitProjection, project } from "../../lib/projection.ts";
import { bestTrial, gridSearch, type Trial } from "../../lib/tune.ts";
import { sklearn } from "../fixtures/sklearn/fixture.ts";
import { patientsOf } from "./dataset.ts";

const ks = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25];
const rows = featureMatrix(patientsOf(sklearn.train));
const labels = diagnoses(patientsOf(sklearn.train));

// All 29 numbers of components take ml-knn half a minute: these are both ends and the neighbourhood of the best.
const someComponents = [1, 3, 4, 5, 29];

/** What anyone would write: for each point of the grid a new KNN, and its own predict. */
function plainLoop(): Trial[] {
  return someComponents.flatMap((components) => {
    const folds = [0, 1, 2].map((fold) => {
      const { train, test } = holdOut(rows, sklearn.folds, fold);
      const projection = fitProjection(train, components);
      return { train: project(projection, train), test: project(projection, test), labels: holdOut(labels, sklearn.folds, fold) };
    });
    return ks.map((k): Trial => {
      const foldAccuracies = folds.map(({ train, test, labels }) => {
        const predicted = new KNN(train, labels.train, { k }).predict(test);
        return predicted.filter((label, i) => label === labels.test[i]).length / test.length;
      });
      const accuracy = foldAccuracies.reduce((sum, value) => sum + value, 0) / foldAccuracies.length;
      return { components, k, weights: "uniform", foldAccuracies, accuracy };
    });
  });
}

test("a plain loop over ml-knn finds the same accuracies and chooses the same", { timeout: 60_000 }, () => {
  const ours = [...gridSearch(rows, labels, sklearn.folds, { components: 29, ks })]
    .flat()
    .filter(({ components, weights }) => someComponents.includes(components) && weights === "uniform");
  const theirs = plainLoop();
  expect(ours).toEqual(theirs);
  expect(bestTrial(ours)).toEqual(bestTrial(theirs));
});
