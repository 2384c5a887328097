import type { Matrix } from "./scale.ts";

/** The training rows nearest to one query, nearest first, with their squared Euclidean distances. */
export interface Neighbours {
  rows: number[];
  squared: number[];
}

/**
 * Finds the neighbours in the first dimension, then in the first two, and so on. Each further dimension adds one
 * squared difference to distances that are already there, so d dimensions cost as much as the last one alone.
 *
 * Tie rule: of two rows at equal distance the one with the lower row index is nearer.
 *
 * @param train n × d
 * @param queries m × d
 * @param limit how many neighbours to list
 * @returns for each number of dimensions from 1 to d: one list per query
 * @throws RangeError where there are fewer than `limit` training rows
 */
export function* nearestByDimension(train: Matrix, queries: Matrix, limit: number): Generator<Neighbours[], void> {
  if (limit > train.length) throw new RangeError(`${limit} neighbours asked of ${train.length} training rows`);
  const dimensions = train[0]?.length ?? 0;
  const squared = queries.map(() => new Float64Array(train.length));
  for (let dimension = 0; dimension < dimensions; dimension++) {
    const column = Float64Array.from(train, (row) => row[dimension]!);
    queries.forEach((query, i) => addSquaredDifferences(squared[i]!, column, query[dimension]!));
    yield squared.map((distances) => nearest(distances, limit));
  }
}

function addSquaredDifferences(squared: Float64Array, column: Float64Array, value: number): void {
  for (let row = 0; row < column.length; row++) {
    const difference = column[row]! - value;
    squared[row]! += difference * difference;
  }
}

// Insertion into a short sorted list: rows come in order, and only a strictly nearer one moves ahead of another.
function nearest(distances: Float64Array, limit: number): Neighbours {
  const rows: number[] = [];
  const squared: number[] = [];
  for (let row = 0; row < distances.length; row++) {
    const distance = distances[row]!;
    if (rows.length === limit && distance >= squared[limit - 1]!) continue;
    let place = rows.length < limit ? rows.length : limit - 1;
    for (; place > 0 && squared[place - 1]! > distance; place--) {
      squared[place] = squared[place - 1]!;
      rows[place] = rows[place - 1]!;
    }
    squared[place] = distance;
    rows[place] = row;
  }
  return { rows, squared };
}
