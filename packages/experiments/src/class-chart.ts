import { barChart, type Block } from '@rs/report';
import type { FinishedRun } from './finished-run.js';
import { meanAndSpread } from './mean-and-spread.js';

export interface ClassChartOptions<E> {
  readonly runs: readonly FinishedRun<E>[];
  readonly classes: readonly string[];
  readonly perClass: (evaluation: E) => readonly number[]; // fractions, one a class; NaN: absent
  readonly title: string;
  readonly value: string; // 'IoU (%)'
}

/** A score of each class in percent, the rows side by side; over several seeds mean and spread. Nothing when no class has a score. */
export function classChart<E>({ runs, classes, perClass, title, value }: ClassChartOptions<E>): Block[] {
  const labels = [...new Set(runs.map(({ label }) => label))];
  const bars = classes.flatMap((name, i) =>
    labels.flatMap((group) => {
      const ofRow = runs.filter(({ label }) => label === group);
      const values = ofRow.map(({ evaluation }) => 100 * perClass(evaluation)[i]).filter(Number.isFinite);
      const { mean, spread } = meanAndSpread(values);
      return values.length > 0 ? [{ label: `${name}, ${group}`, value: mean, spread, group }] : [];
    }),
  );
  return bars.length > 0 ? [{ chart: barChart({ title, value, bars }) }] : [];
}
