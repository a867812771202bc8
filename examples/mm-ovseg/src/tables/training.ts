import { figuresOf } from '@rs/experiments';
import type { Row as TableRow } from '@rs/report';
import { paper } from '../paper.js';
import { comparison, missing, named, shared, type PaperTable } from './paper-table.js';

/** Table A1: what is trained, and how. */
export const tableA1: PaperTable = {
  title: paper.tables['Table A1'].title,
  rows: comparison,
  build: (measured) => [
    {
      title: `Table A1: ${paper.tables['Table A1'].title}`,
      columns: [
        { header: 'trainable parameters', digits: 0 },
        { header: 'batch size', digits: 0 },
        { header: 'learning rate', digits: 5 },
      ],
      rows: [
        ...Object.entries(paper.tables['Table A1'].rows).map(([label, cells]): TableRow => ({
          label,
          source: label === 'MM-OVSeg' ? 'paper' : 'quoted',
          cells,
        })),
        ...comparison.map((row): TableRow => ({
          label: named(row),
          source: 'reproduced',
          cells: [
            figuresOf(measured.runs, row.label, ({ parameters }) => parameters.trained)[0],
            measured.learning.batchSize,
            measured.learning.rate,
          ],
        })),
      ],
      ...shared(measured, [missing('Table A1')]),
    },
  ],
};
