/** A source of random order, such as `random(seed)` gives. */
export interface Shuffler {
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * Deals the rows into folds so that every fold gets its share of each class: within a class, and over all rows,
 * the folds' sizes differ by one at most.
 *
 * @param labels the class of each row
 * @param count how many folds, at least 2
 * @returns the fold of each row, 0 to count − 1
 * @throws RangeError where a class has fewer rows than there are folds
 */
export function stratifiedFolds(labels: readonly string[], count: number, random: Shuffler): number[] {
  if (!Number.isInteger(count) || count < 2) throw new RangeError(`cv_folds must be a whole number from 2, not ${count}`);
  const folds = new Array<number>(labels.length);
  let dealt = 0;
  for (const [label, rows] of rowsByClass(labels)) {
    if (rows.length < count) throw new RangeError(`class ${label} has ${rows.length} rows, too few for ${count} folds`);
    // The deal goes on where the class before it stopped, which keeps the folds' sizes even.
    for (const row of random.shuffle(rows)) folds[row] = dealt++ % count;
  }
  return folds;
}

/** Parts the items into those of the fold (`test`) and the others (`train`), keeping their order. */
export function holdOut<T>(items: readonly T[], folds: readonly number[], fold: number): { train: T[]; test: T[] } {
  return {
    train: items.filter((_, row) => folds[row] !== fold),
    test: items.filter((_, row) => folds[row] === fold),
  };
}

// Sorted by class, so that the order of the rows' first appearance has no say.
function rowsByClass(labels: readonly string[]): [string, number[]][] {
  const classes = [...new Set(labels)].sort();
  return classes.map((label) => [label, labels.flatMap((other, row) => (other === label ? [row] : []))]);
}
