import { PCA } from "ml-pca";
import type { Matrix } from "./scale.ts";

/** Principal axes of the training rows: `components[i]` is the i-th axis, largest variance first. */
export interface Pca {
  mean: number[];
  components: number[][];
}

/**
 * Centres the rows and takes the right singular vectors, as scikit-learn's PCA with svd_solver="full" does.
 * An axis may point the other way than scikit-learn's, which no distance between rows can tell.
 *
 * @param rows n × d
 * @param count how many components to keep
 * @throws RangeError where the rows do not have that many components: at most min(n, d)
 */
export function fitPca(rows: Matrix, count: number): Pca {
  const available = Math.min(rows.length, rows[0]?.length ?? 0);
  if (!Number.isInteger(count) || count < 1 || count > available) {
    throw new RangeError(`cannot take ${count} components of ${rows.length} × ${rows[0]?.length ?? 0} values: 1 to ${available} exist`);
  }
  const pca = new PCA(rows.map((row) => [...row]), { center: true, method: "SVD" }).toJSON();
  return { mean: pca.means, components: pca.U.transpose().to2DArray().slice(0, count) };
}

/** The rows' coordinates along the components. n × d → n × components. */
export function rotate(pca: Pca, rows: Matrix): number[][] {
  return rows.map((row) => {
    const centred = row.map((value, column) => value - pca.mean[column]!);
    return pca.components.map((axis) => axis.reduce((total, weight, column) => total + weight * centred[column]!, 0));
  });
}
