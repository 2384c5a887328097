import type { Neighbours } from "./neighbours.ts";

/** What a neighbour's vote weighs: the same for all, or the inverse of its distance. */
export type Weighting = "uniform" | "distance";

/** The classes in sorted order: votes are counted in it, and a class's place in it is its code. */
export function sortedClasses(labels: readonly string[]): string[] {
  return [...new Set(labels)].sort();
}

/**
 * Adds up the votes of the k nearest.
 *
 * @param codes the class of each training row, as its place among the sorted classes
 * @param classes how many classes there are
 * @returns one total per class
 */
export function countVotes(neighbours: Neighbours, codes: readonly number[], k: number, weighting: Weighting, classes: number): number[] {
  const votes = new Array<number>(classes).fill(0);
  voteWeights(neighbours.squared.slice(0, k), weighting).forEach((weight, i) => {
    votes[codes[neighbours.rows[i]!]!]! += weight;
  });
  return votes;
}

/**
 * The code of the class with most votes.
 *
 * Tie rule: of two classes with equal votes the one that sorts first wins, as in scikit-learn.
 */
export function winner(votes: readonly number[]): number {
  return votes.indexOf(Math.max(...votes));
}

// A neighbour at distance 0 outvotes all that are further away, as in scikit-learn.
function voteWeights(squared: readonly number[], weighting: Weighting): number[] {
  if (weighting === "uniform") return squared.map(() => 1);
  const inverse = squared.map((distance) => 1 / Math.sqrt(distance));
  return inverse[0] === Infinity ? inverse.map((weight) => (weight === Infinity ? 1 : 0)) : inverse;
}
