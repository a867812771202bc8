import type { Row as TableRow } from '@rs/report';
import { paper } from '../paper.js';
import { bothCmu, clipCmuOnly, mmOvSeg, withoutCmu, type Row } from '../rows.js';
import { cell, missing, scoreCells, scoreColumns, scores, shared, type PaperTable } from './paper-table.js';

const unified: readonly Row[] = [withoutCmu, clipCmuOnly, mmOvSeg, bothCmu];

/** Table A5: which encoders stage 1 unifies. */
export const tableA5: PaperTable = {
  title: paper.tables['Table A5'].title,
  rows: unified,
  build: (measured) => {
    return [
      {
        title: `Table A5: ${paper.tables['Table A5'].title}`,
        columns: [...scoreColumns('mIoU'), { header: 'parameters', unit: 'M' }, { header: 'inference, one image', unit: 'ms', digits: 1 }],
        rows: [
          ...unified.map(({ label }, i): TableRow => ({
            label: `model ${i + 1}: ${label}`,
            source: 'paper',
            cells: [...scores.map(() => null), null, null],
          })),
          ...unified.map((row, i): TableRow => ({
            label: `model ${i + 1}: ${row.label}`,
            source: 'reproduced',
            cells: [
              ...scoreCells(measured, row),
              cell(measured, row, ({ parameters }) => parameters.all / 1e6),
              cell(measured, row, ({ secondsATile }) => 1000 * secondsATile),
            ],
          })),
        ],
        ...shared(measured, [missing('Table A5')]),
      },
    ];
  },
};
