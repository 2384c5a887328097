import { fitPca, rotate, type Pca } from "./pca.ts";
import { fitScaler, standardize, type Matrix, type Scaler } from "./scale.ts";

/** Scaler, then PCA. Both are fitted together, so that neither sees a row that is judged later. */
export interface Projection {
  scaler: Scaler;
  pca: Pca;
}

/**
 * Fits the scaler and the PCA on the training rows, and on nothing else.
 *
 * @param rows n × d, unscaled
 * @param components how many to keep, 1 to min(n, d)
 */
export function fitProjection(rows: Matrix, components: number): Projection {
  const scaler = fitScaler(rows);
  return { scaler, pca: fitPca(standardize(scaler, rows), components) };
}

/** Rows as they were measured → their coordinates among the training rows' components. n × d → n × components. */
export function project({ scaler, pca }: Projection, rows: Matrix): number[][] {
  return rotate(pca, standardize(scaler, rows));
}
