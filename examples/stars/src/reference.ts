import { meanAndSpread } from '@rs/experiments';
import type { Spread } from '@rs/report';

interface ReferenceRow {
  readonly label: string;
  readonly running: readonly number[];
  readonly own: readonly number[];
}

/**
 * What an independent PyTorch implementation measured for SAR alone at test in the setting of `config/synthetic.yaml`, mIoU in percent, runs 0, 1
 * and 2 (spec/small-scale.md, section 1.2). Of running statistics the spec gives mean and range, which fix the third value.
 */
const measured: readonly ReferenceRow[] = [
  { label: 'Baseline-SAR', running: [44.3, 47.4, 47.8], own: [44.5, 47.4, 48.1] },
  { label: 'architecture alone', running: [43.3, 43.8, 47.6], own: [46.5, 49.5, 47.3] },
  { label: 'exp-2', running: [44.7, 46.1, 48.4], own: [46.0, 49.6, 48.4] },
  { label: 'STARS', running: [44.7, 46.7, 49.9], own: [46.8, 50.1, 48.2] },
];

export const referenceSource =
  'a PyTorch implementation in the same setting, three runs, each scored on 64 tiles of a world of its own (900 + run), so that the spread holds ' +
  'the difference of test scenes, too';

/** By row label, of those among `labels`. */
export function references(statistics: 'running' | 'own', labels: readonly string[]): Record<string, Spread> {
  const known = measured.filter(({ label }) => labels.includes(label));
  return Object.fromEntries(
    known.map((row) => {
      const { mean, spread = 0 } = meanAndSpread(row[statistics]);
      return [row.label, { mean, spread }];
    }),
  );
}
