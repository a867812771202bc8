import type { CloudSplit } from '@rs/metrics';
import type { Row as TableRow } from '@rs/report';
import { residualAbove } from '../calibration-residual.js';
import { paper, sourceOf } from '../paper.js';
import { edc, edcStar, naive, withoutDchf } from '../rows.js';
import { baselineNotes } from './baseline-notes.js';
import { beside, cellOf, shared, valuesOf, type PaperTable } from './paper-table.js';

const splits: readonly (keyof CloudSplit<unknown>)[] = ['all', 'cloudFree', 'cloudy'];
const rows = [naive, withoutDchf, edcStar, edc];

/** Table VI: expected calibration error, and of Fig. 7 the mean residual of confident pixels under clouds. */
export const calibration: PaperTable = {
  title: paper.tableVI.title,
  rows,
  compares: 'segmentation',
  build: async (measured) => {
    const printed = paper.tableVI.rows.map((row): TableRow => ({
      label: row.method,
      source: sourceOf(row.method),
      cells: [...splits.map((split) => row[split]), null],
    }));
    const reproduced = [...measured.baselines, ...rows].map((row): TableRow => ({
      label: row.label,
      source: 'reproduced',
      cells: [
        ...splits.map((split) => cellOf(measured, row, ({ segmentation }) => segmentation[split].ECE)),
        cellOf(measured, row, ({ segmentation }) => residualAbove(0.8, segmentation.cloudy.calibration)),
      ],
    }));
    const table = {
      title: `Table VI: ${paper.tableVI.title} (the paper's rows)`,
      columns: [
        { header: ['ECE', 'all'], digits: 4 },
        { header: ['ECE', 'cloud-free'], digits: 4 },
        { header: ['ECE', 'cloudy'], digits: 4 },
        { header: 'accuracy - confidence, cloudy, confidence above 0.8', digits: 4 },
      ],
      rows: [...printed, ...reproduced],
      ...shared(
        measured,
        'ECE of the largest softmax value in 15 equal bins, labelled pixels pooled; the paper does not state its bins.',
        ...(await baselineNotes(measured, measured.baselines)),
      ),
    };
    return beside(table, measured, [
      { column: 0, of: ({ ECE }) => valuesOf(ECE, 'all') },
      { column: 2, of: ({ ECE }) => valuesOf(ECE, 'cloudy') },
    ]);
  },
};
