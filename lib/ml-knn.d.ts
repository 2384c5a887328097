/** What we use of ml-knn 3.0.0, which comes without types. */
declare module "ml-knn" {
  type Distance = (a: ArrayLike<number>, b: ArrayLike<number>) => number;

  export default class KNN {
    constructor(points: number[][], labels: readonly (string | number)[], options?: { k?: number; distance?: Distance });

    /** Majority of the k nearest; which of equally distant rows count is left to the order of the heap. */
    predict(points: number[][]): (string | number)[];

    readonly kdTree: {
      /** Up to `count` pairs of coordinates (the label behind them) and distance, unordered; with `reach`, only those nearer than that. */
      nearest(point: number[], count: number, reach?: number): [coordinates: number[], distance: number][];
    };
  }
}
