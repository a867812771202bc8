/**
 * 1-Wasserstein distance of two empirical distributions on the line: the area between their distribution functions, integral |F_a - F_b| dx.
 *
 * @throws RangeError when one is empty
 */
export function wasserstein1(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length === 0 || b.length === 0) throw new RangeError(`wasserstein1: both must have values, got ${a.length} and ${b.length}`);
  const [first, second] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [i, j, area] = [0, 0, 0];
  let x = Math.min(first[0], second[0]);
  while (i < first.length || j < second.length) {
    const next = j === second.length || first[i] <= second[j] ? first[i] : second[j];
    area += Math.abs(i / first.length - j / second.length) * (next - x);
    x = next;
    while (first[i] === x) i++;
    while (second[j] === x) j++;
  }
  return area;
}
