import { parameterDistances, parameterDistributions, type EncoderName, type ParameterDistribution } from '@rs/stars-align';
import { lineChart, type Block, type Row as TableRow } from '@rs/report';
import type { Place } from './place.js';
import type { ShownNetwork } from './scene-pictures.js';

const names: Readonly<Record<EncoderName, string>> = { shared: 'shared', specificM1: 'weak sensor', specificM2: 'optical' };
const bins = 120; // of a curve

/** Densities of each stage's parameters in the three encoders, four stages by three parameters (figure 11). */
export function parameterCharts({ stars }: ShownNetwork): Block[] {
  const distributions = parameterDistributions(stars);
  const panels = [...new Set(distributions.map(({ stage, parameter }) => `${stage} ${parameter}`))];
  return panels.map((panel): Block => {
    const [stage, parameter] = panel.split(' ');
    const shown = distributions.filter((each) => String(each.stage) === stage && each.parameter === parameter);
    const all = shown.flatMap(({ values }) => extent(values));
    const margin = (Math.max(...all) - Math.min(...all)) / 10;
    const [low, high] = [Math.min(...all) - margin, Math.max(...all) + margin];
    const series = shown.map((each) => ({ name: names[each.encoder], points: density(each, low, high) }));
    return { chart: lineChart({ title: `layer${stage}, ${parameter}`, x: parameter, y: 'density', series }) };
  });
}

function extent(values: Float32Array): [number, number] {
  return [
    values.reduce((least, value) => Math.min(least, value), Infinity),
    values.reduce((most, value) => Math.max(most, value), -Infinity),
  ];
}

/**
 * A density by Gaussian kernels, Silverman 1986, eq. (3.31): bandwidth 0.9 min(sd, quartile range / 1.34) n^(-1/5), over a fine histogram.
 *
 * @returns [value, density] at the middles of the bins
 */
function density({ values, std }: ParameterDistribution, low: number, high: number): [number, number][] {
  const width = (high - low) / bins || 1;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.min(bins - 1, Math.floor((value - low) / width))]++;
  const sorted = values.slice().sort();
  const quartiles = sorted[Math.floor(0.75 * (sorted.length - 1))] - sorted[Math.floor(0.25 * (sorted.length - 1))];
  const bandwidth = Math.max(width, (0.9 * Math.min(std, quartiles / 1.34)) / values.length ** 0.2);
  const kernel = Array.from({ length: 2 * bins - 1 }, (_, i) => Math.exp(-0.5 * (((i - bins + 1) * width) / bandwidth) ** 2));
  const scale = 1 / (values.length * bandwidth * Math.sqrt(2 * Math.PI));
  return counts.map((_, at) => [
    low + (at + 0.5) * width,
    scale * counts.reduce((sum, count, from) => sum + count * kernel[at - from + bins - 1], 0),
  ]);
}

/** Spread and shape of each, and how far the encoders are apart, trained and at the first weights. */
export function parameterTable({ config, seed, engine, splits }: Place, { row, stars, initial }: ShownNetwork): Block {
  const [now, before] = [parameterDistributions(stars), parameterDistributions(initial)];
  const [apart, apartBefore] = [parameterDistances(now), parameterDistances(before)];
  const of = (distributions: readonly ParameterDistribution[], { stage, parameter }: ParameterDistribution) =>
    distributions.filter((each) => each.stage === stage && each.parameter === parameter);
  const pairs = apart.filter(({ stage, parameter }) => stage === 1 && parameter === 'conv1.weight').map(({ between }) => between);
  const rows = now
    .filter(({ encoder }) => encoder === 'shared')
    .map((first): TableRow => {
      const distance = (distances: typeof apart): number[] =>
        distances.filter(({ stage, parameter }) => stage === first.stage && parameter === first.parameter).map((each) => each.distance);
      return {
        label: `layer${first.stage} ${first.parameter}`,
        source: 'reproduced',
        cells: [
          ...of(now, first).map(({ std }) => std),
          ...of(now, first).map(({ excessKurtosis }) => excessKurtosis),
          ...distance(apart),
          ...distance(apartBefore),
        ],
      };
    });
  const encoders = of(now, now[0]).map(({ encoder }) => names[encoder]);
  const between = pairs.map(([one, other]) => `${names[one]}, ${names[other]}`);
  const columns = (group: string, headers: readonly string[]) => headers.map((header) => ({ header: [group, header], digits: 3 }));
  return {
    table: {
      title: `Parameters of the three encoders of ${row.label}, seed ${seed}`,
      columns: [
        ...columns('standard deviation', encoders),
        ...columns('excess kurtosis', encoders),
        ...columns('1-Wasserstein distance, trained', between),
        ...columns('the same, first weights', between),
      ],
      rows,
      provenance: { data: splits.about, scale: `${config.training.steps} steps`, engine, seeds: [seed] },
      footnotes: [
        'The paper draws figure 11 and prints no number; its reading: convolutions near-Gaussian and alike, scales of batch norm furthest apart in layers 1 and 2, those of the shared encoder most concentrated.',
        'Excess kurtosis: 0 of a normal distribution. Blank or NaN: all values are equal, as scales and offsets of batch norms are at the start.',
      ],
    },
  };
}
