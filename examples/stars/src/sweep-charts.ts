import { figuresOf, meanAndSpread } from '@rs/experiments';
import { lineChart, type Block, type Series } from '@rs/report';
import { paper } from './paper.js';
import { alphaRow, rowsOf, type Row } from './rows.js';
import type { RunResult } from './runs.js';
import { betaSweep, mIoUOf, type Setting } from './tables.js';

/** Tables 5 and 6 as curves, where their rows have been run; the paper's beside them on its own scale. */
export function sweepCharts(setting: Setting, runs: readonly RunResult[]): Block[] {
  const { loss } = setting.config;
  const labels = new Set(runs.map(({ label }) => label));
  const score = ({ label }: Row): number => meanAndSpread(figuresOf(runs, label, (evaluation) => mIoUOf(evaluation, 'S', 'own'))).mean;
  const charts = (title: string, x: string, series: readonly Series[], printed: readonly Series[]): Block[] => [
    { chart: lineChart({ title: `${title}: reproduced, own statistics`, x, y: 'mIoU (%)', series }) },
    { chart: lineChart({ title: `${title}: the paper (its data and scale)`, x, y: 'mIoU (%)', series: printed }) },
  ];
  const betas = betaSweep(setting).filter(({ detached, attached }) => labels.has(detached.label) && labels.has(attached.label));
  const alphas = paper.table6.rows
    .map(({ alpha }) => ({ alpha, row: alphaRow(rowsOf('S', loss), loss, alpha) }))
    .filter(({ row }) => labels.has(row.label));
  const points = <T>(rows: readonly T[], x: (row: T) => number, y: (row: T) => number) =>
    rows.map((row): [number, number] => [x(row), y(row)]);
  return [
    ...(betas.length > 1
      ? charts(
          'Weight of L_ncs (table 5)',
          'beta',
          [
            { name: 'stop-gradient', points: points(betas, ({ beta }) => beta, ({ detached }) => score(detached)) },
            { name: 'no stop-gradient', points: points(betas, ({ beta }) => beta, ({ attached }) => score(attached)) },
          ],
          [
            { name: 'stop-gradient', points: points(paper.table5.rows, ({ beta }) => beta, ({ withDetach }) => withDetach) },
            { name: 'no stop-gradient', points: points(paper.table5.rows, ({ beta }) => beta, ({ withoutDetach }) => withoutDetach) },
          ],
        )
      : []),
    ...(alphas.length > 1
      ? charts(
          'Weight of L_psc (table 6)',
          'alpha',
          [{ name: 'here', points: points(alphas, ({ alpha }) => alpha, ({ row }) => score(row)) }],
          (['EarthMiss', 'WHU-OPT-SAR'] as const).map((name) => ({ name, points: points(paper.table6.rows, ({ alpha }) => alpha, (row) => row[name]) })),
        )
      : []),
  ]; // prettier-ignore
}
