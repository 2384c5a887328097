/** Rows of equal length: one row a sample, one column a feature. */
export type Matrix = readonly (readonly number[])[];

/** Mean and standard deviation of each column, as learnt from the training rows. */
export interface Scaler {
  mean: number[];
  scale: number[];
}

/**
 * Learns each column's mean and population standard deviation (ddof 0), as scikit-learn's StandardScaler.
 * A column that does not vary gets scale 1.
 *
 * @param rows n × d, at least one row
 * @throws RangeError without rows
 */
export function fitScaler(rows: Matrix): Scaler {
  const [first] = rows;
  if (first === undefined) throw new RangeError("fitScaler needs at least one row");
  const moments = first.map((_, column) => meanAndScale(rows.map((row) => row[column]!)));
  return { mean: moments.map(({ mean }) => mean), scale: moments.map(({ scale }) => scale) };
}

/**
 * Brings each column to mean 0 and standard deviation 1, by what the scaler learnt. n × d → n × d.
 *
 * @throws RangeError where a row has not d finite values: a NaN would be as far from one neighbour as from another
 */
export function standardize(scaler: Scaler, rows: Matrix): number[][] {
  return rows.map((row, i) => {
    if (row.length !== scaler.mean.length || !row.every(Number.isFinite)) {
      throw new RangeError(`row ${i} needs ${scaler.mean.length} finite values, and has ${row.join(", ")}`);
    }
    return row.map((value, column) => (value - scaler.mean[column]!) / scaler.scale[column]!);
  });
}

function meanAndScale(values: readonly number[]): { mean: number; scale: number } {
  const n = values.length;
  const mean = sum(values) / n;
  const variance = sum(values.map((value) => (value - mean) ** 2)) / n;
  return { mean, scale: isConstant(n, mean, variance) ? 1 : Math.sqrt(variance) };
}

// The mean of n equal numbers can miss them by a rounding error, so the variance of a constant is not always 0.
// The bound is that of scikit-learn's StandardScaler.
function isConstant(n: number, mean: number, variance: number): boolean {
  return variance <= n * Number.EPSILON * variance + (n * mean * Number.EPSILON) ** 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
