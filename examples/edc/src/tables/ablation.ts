import { overSeeds } from '@rs/experiments';
import type { Cell, Row as TableRow } from '@rs/report';
import { paper, sourceOf, type Scores } from '../paper.js';
import { ablations, edc, edcStar, type Row } from '../rows.js';
import { beside, cellOf, percent, shared, valuesOf, type Measured, type PaperTable } from './paper-table.js';

/** Table III: what each part is worth; EDC* of Table I beside it. */
export const ablation: PaperTable = {
  title: paper.tableIII.title,
  rows: ablations,
  build: (measured) => {
    const { dataset } = measured;
    const { overall: star } = paper.tableI.rows.find(({ method }) => method === edcStar.label)![dataset];
    const figures = [...paper.tableIII.rows.map((row) => ({ method: row.method, ...row[dataset] })), { method: edcStar.label, ...star }];
    const whole = figures.find(({ method }) => method === edc.label) as Scores;
    const printed = figures.map(({ method, mPA, mIoU }): TableRow => ({
      label: method,
      source: sourceOf(method),
      cells: [mPA, mIoU, method === edc.label ? null : mIoU - whole.mIoU],
    }));
    const reproduced = ablations.map((row): TableRow => ({
      label: row.label,
      source: 'reproduced',
      cells: [
        cellOf(measured, row, ({ segmentation }) => percent(segmentation.all.mPA)),
        cellOf(measured, row, ({ segmentation }) => percent(segmentation.all.mIoU)),
        row === edc ? null : differenceToEdc(measured, row),
      ],
    }));
    const table = {
      title: `Table III: ${paper.tableIII.title} (the paper's rows: ${dataset})`,
      columns: [
        { header: 'mPA', unit: '%' },
        { header: 'mIoU', unit: '%' },
        { header: 'mIoU less that of EDC', unit: '%' },
      ],
      rows: [...printed, ...reproduced],
      ...shared(measured, "The difference to EDC is taken seed by seed. The paper's EDC* stands in its Table I."),
    };
    return beside(table, measured, [{ column: 1, of: ({ segmentation }) => valuesOf(segmentation, 'all') }]);
  },
};

function differenceToEdc({ runs }: Measured, { label }: Row): Cell {
  const mIoU = (row: string, seed: number): number =>
    percent(runs.find((run) => run.label === row && run.seed === seed)?.evaluation.segmentation.all.mIoU ?? NaN);
  const seeds = runs.filter((run) => run.label === label).map(({ seed }) => seed);
  return overSeeds(seeds.map((seed) => mIoU(label, seed) - mIoU(edc.label, seed)));
}
