/**
 * Rows of features on the two directions in which they vary most (principal components, by power iteration on the covariance).
 *
 * @param rows [n][d], n > 0
 * @returns [n][2]
 */
export function principalPlane(rows: readonly (readonly number[])[]): [number, number][] {
  const width = rows[0].length;
  const mean = Array.from({ length: width }, (_, j) => rows.reduce((sum, row) => sum + row[j], 0) / rows.length);
  const centred = rows.map((row) => row.map((value, j) => value - mean[j]));
  const first = strongest(centred, []);
  const second = strongest(centred, [first]);
  return centred.map((row) => [dot(row, first), dot(row, second)]);
}

/** The unit direction of the largest variance, orthogonal to `others`. */
function strongest(rows: readonly (readonly number[])[], others: readonly (readonly number[])[]): number[] {
  let direction = unit(orthogonal(rows[0].map((_, j) => 1 / (j + 1)), others)); // prettier-ignore
  for (let round = 0; round < 100; round++) {
    const moved = direction.map(() => 0);
    for (const row of rows) {
      const weight = dot(row, direction);
      row.forEach((value, j) => (moved[j] += weight * value));
    }
    direction = unit(orthogonal(moved, others));
  }
  return direction;
}

const orthogonal = (x: readonly number[], others: readonly (readonly number[])[]): number[] =>
  others.reduce<number[]>((rest, other) => rest.map((value, j) => value - dot(rest, other) * other[j]), [...x]);

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

function unit(x: readonly number[]): number[] {
  const length = Math.sqrt(dot(x, x));
  return x.map((value) => (length > 0 ? value / length : 0));
}
