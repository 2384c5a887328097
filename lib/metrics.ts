/** Right and wrong answers about one class, the positive one. */
export interface Confusion {
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
}

/** Counts the answers. `truth` and `predicted` hold one class per row. */
export function confusionMatrix(truth: readonly string[], predicted: readonly string[], positive: string): Confusion {
  const count = (isPositive: boolean, saidPositive: boolean) =>
    truth.filter((label, i) => (label === positive) === isPositive && (predicted[i] === positive) === saidPositive).length;
  return {
    truePositives: count(true, true),
    falsePositives: count(false, true),
    trueNegatives: count(false, false),
    falseNegatives: count(true, false),
  };
}

/** Share of all rows that were classified rightly. */
export function accuracy({ truePositives, falsePositives, trueNegatives, falseNegatives }: Confusion): number {
  return ratio(truePositives + trueNegatives, truePositives + trueNegatives + falsePositives + falseNegatives);
}

/** Of the rows said to be positive, the share that are. */
export function precision({ truePositives, falsePositives }: Confusion): number {
  return ratio(truePositives, truePositives + falsePositives);
}

/** Of the positive rows, the share that was found. */
export function recall({ truePositives, falseNegatives }: Confusion): number {
  return ratio(truePositives, truePositives + falseNegatives);
}

/** Harmonic mean of precision and recall. */
export function f1({ truePositives, falsePositives, falseNegatives }: Confusion): number {
  return ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives);
}

/**
 * Area under the ROC curve: the chance that a positive row scores higher than a negative one, a tie counting half.
 * By the rank sum of Mann and Whitney, with midranks for equal scores.
 *
 * @param truth one class per row
 * @param scores one number per row, higher for the positive class
 * @throws RangeError where only one class is there, since nothing can be compared
 */
export function rocAuc(truth: readonly string[], scores: readonly number[], positive: string): number {
  const ranks = midranks(scores);
  const positiveRanks = ranks.filter((_, i) => truth[i] === positive);
  const positives = positiveRanks.length;
  const negatives = truth.length - positives;
  if (positives === 0 || negatives === 0) throw new RangeError("ROC AUC needs rows of both classes");
  const rankSum = positiveRanks.reduce((sum, rank) => sum + rank, 0);
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Ranks from 1; equal values share the mean of their places. */
function midranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let start = 0, end: number; start < order.length; start = end) {
    end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (const row of order.slice(start, end)) ranks[row] = (start + 1 + end) / 2;
  }
  return ranks;
}

// 0 of 0 is 0, as with scikit-learn's zero_division=0.
function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
