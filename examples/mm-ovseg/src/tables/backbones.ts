import type { Row as TableRow } from '@rs/report';
import { paper } from '../paper.js';
import { largeRow, mmOvSeg } from '../rows.js';
import { cell, missing, scoreCells, scoreColumns, scores, shared, type PaperTable } from './paper-table.js';

/** Table A4: a larger backbone. */
export const tableA4: PaperTable = {
  title: paper.tables['Table A4'].title,
  rows: [mmOvSeg, largeRow],
  build: (measured) => [
    {
      title: `Table A4: ${paper.tables['Table A4'].title}`,
      columns: [
        { header: ['paper', 'mean of six settings'], unit: '%', digits: 1 },
        ...scoreColumns('here, setting 2'),
        { header: ['here', 'parameters'], unit: 'M' },
      ],
      rows: [
        ...Object.entries(paper.tables['Table A4'].rows).map(([label, cells]): TableRow => ({
          label,
          source: label.startsWith('MM-OVSeg') ? 'paper' : 'quoted',
          cells: [cells.at(-1) ?? null, ...scores.map(() => null), null],
        })),
        ...[mmOvSeg, largeRow].map((row): TableRow => ({
          label: row.label,
          source: 'reproduced',
          cells: [null, ...scoreCells(measured, row), cell(measured, row, ({ parameters }) => parameters.all / 1e6)],
        })),
      ],
      ...shared(measured, [
        missing('Table A4'),
        'Here "large" is a wider and deeper CLIP and a DINO on its grid; DINO v3 is out of scope.',
      ]),
    },
  ],
};
