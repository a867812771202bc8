import type { BenchCase } from './cases.js';
import type { Figure } from './measure.js';

/** For each series of sizes among the figures a line: the exponents with which time and memory grow, slopes on log-log axes. */
export function growthOf(cases: readonly BenchCase[], figures: readonly Figure[]): string[] {
  const sizes = new Map(cases.flatMap(({ name, growth }) => (growth ? [[name, growth]] : [])));
  const series = [...new Set([...sizes.values()].map((growth) => growth.of))];
  return series.flatMap((of) => {
    const points = figures.flatMap((figure) => {
      const growth = sizes.get(figure.name);
      return growth?.of === of ? [{ size: growth.size, figure }] : [];
    });
    if (points.length < 2) return [];
    const exponent = (value: (figure: Figure) => number | undefined): string =>
      slope(points.map(({ size, figure }) => [size, value(figure)]));
    const time = exponent(({ oursMs }) => oursMs);
    const theirs = exponent(({ theirsMs }) => theirsMs);
    const memory = exponent(({ peakMiB, startMiB }) => peakMiB - startMiB);
    return [`${of}: our time grows as L^${time} (theirs L^${theirs}), our memory above that of the process at rest as L^${memory}`];
  });
}

/** Least squares through the logarithms of the points that have a value. */
function slope(points: readonly (readonly [number, number | undefined])[]): string {
  const logs = points.flatMap(([x, y]) => (y !== undefined && y > 0 ? [[Math.log(x), Math.log(y)]] : []));
  if (logs.length < 2) return '?';
  const mean = (axis: 0 | 1): number => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return (covariance / variance).toFixed(2);
}
