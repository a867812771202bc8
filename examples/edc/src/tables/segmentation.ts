import type { CloudSplit } from '@rs/metrics';
import type { Cell, Row as TableRow } from '@rs/report';
import { paper, sourceOf } from '../paper.js';
import { edc, edcStar } from '../rows.js';
import { baselineNotes } from './baseline-notes.js';
import { beside, cellOf, percent, shared, valuesOf, type PaperTable } from './paper-table.js';

const splits: readonly [paper: 'overall' | 'cloudFree' | 'cloudy', ours: keyof CloudSplit<unknown>, header: string][] = [
  ['overall', 'all', 'all pixels'],
  ['cloudFree', 'cloudFree', 'cloud-free'],
  ['cloudy', 'cloudy', 'cloudy'],
];
const scores = ['mPA', 'mIoU'] as const;

/** Table I: segmentation of all, cloud-free and cloudy pixels. */
export const segmentation: PaperTable = {
  title: paper.tableI.title,
  rows: [edcStar, edc],
  compares: 'segmentation',
  build: async (measured) => {
    const { dataset, baselines } = measured;
    const cellsOf = (cell: (split: (typeof splits)[number], score: (typeof scores)[number]) => Cell): Cell[] =>
      splits.flatMap((split) => scores.map((score) => cell(split, score)));
    const printed = paper.tableI.rows.map((row): TableRow => ({
      label: row.method,
      source: sourceOf(row.method),
      cells: cellsOf(([split], score) => row[dataset][split][score]),
    }));
    const reproduced = [...baselines, edcStar, edc].map((row): TableRow => ({
      label: row.label,
      source: 'reproduced',
      cells: cellsOf(([, split], score) => cellOf(measured, row, (figures) => percent(figures.segmentation[split][score]))),
    }));
    const table = {
      title: `Table I: ${paper.tableI.title} (the paper's rows: ${dataset})`,
      columns: splits.flatMap(([, , header]) => scores.map((score) => ({ header: [header, score], unit: '%' }))),
      rows: [...printed, ...reproduced],
      ...shared(measured, ...(await baselineNotes(measured, baselines))),
    };
    return beside(
      table,
      measured,
      splits.map(([, split], i) => ({ column: 2 * i + 1, of: ({ segmentation: reference }) => valuesOf(reference, split) })),
    );
  },
};
