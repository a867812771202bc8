import { figuresOf, overSeeds } from '@rs/experiments';
import type { Cell, Row as TableRow } from '@rs/report';
import { paper } from '../paper.js';
import { cmuLabel, type PretrainingFigures } from '../pretraining.js';
import { l1Row, mmOvSeg, mseRow, withoutCmu, type Row } from '../rows.js';
import { missing, scoreCells, scoreColumns, scores, shared, type PaperTable } from './paper-table.js';

const losses: readonly (readonly [string, Row])[] = [
  ['none', withoutCmu],
  ['MSE', mseRow],
  ['L1', l1Row],
  ['InfoNCE', mmOvSeg],
];

/** Table 4: by which loss stage 1 unifies the sensors. */
export const table4: PaperTable = {
  title: paper.tables['Table 4'].title,
  rows: losses.map(([, row]) => row),
  build: (measured) => {
    const stage = (row: Row, figure: (figures: Extract<PretrainingFigures, { stage: 'cmu' }>) => number): Cell =>
      overSeeds(figuresOf(measured.pretraining, cmuLabel(row.cmu, row.backbone), (made) => (made.stage === 'cmu' ? figure(made) : NaN)));
    const blocks = [0, 1, 2];
    return [
      {
        title: `Table 4: ${paper.tables['Table 4'].title}`,
        columns: [
          ...scoreColumns('stage 2, mIoU'),
          { header: ['SAR tokens', 'probe'], unit: '%', digits: 1 },
          ...blocks.map((block) => ({ header: ['retrieval', `block ${block + 1}`], unit: '%' })),
          ...blocks.map((block) => ({ header: ['cosine', `block ${block + 1}`] })),
        ],
        rows: [
          ...losses.map(([label]): TableRow => ({
            label,
            source: 'paper',
            cells: [...scores.map(() => null), null, ...blocks.flatMap(() => [null, null])],
          })),
          ...losses.map(([label, row]): TableRow => ({
            label,
            source: 'reproduced',
            cells: [
              ...scoreCells(measured, row),
              stage(row, ({ sarProbe }) => 100 * sarProbe),
              ...blocks.map((block) => stage(row, ({ nearness }) => 100 * nearness.retrieval[block])),
              ...blocks.map((block) => stage(row, ({ nearness }) => nearness.cosine[block])),
            ],
          })),
        ],
        ...shared(measured, [
          missing('Table 4'),
          'Retrieval and cosine: of SAR and optical tokens of held-out clear pairs; none is "before CMU".',
        ]),
      },
    ];
  },
};
