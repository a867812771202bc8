import type { Row as TableRow } from '@rs/report';
import { mmOvSeg, withoutResidual, type Row } from '../rows.js';
import { cell, figures, shared, type PaperTable } from './paper-table.js';

const residual: readonly Row[] = [mmOvSeg, withoutResidual];

/** The paper's text gives a reason for the residual; it has no table of it. */
export const residualStudy: PaperTable = {
  title: 'The residual of the fusion, + h_g (no table of the paper)',
  rows: residual,
  build: (measured) => {
    const names = ['all pixels', 'cloudy', 'seen', 'unseen', 'AUC seen', 'AUC unseen'] as const;
    return [
      {
        title: 'The residual of the fusion, + h_g',
        columns: names.map((name) => ({ header: name, unit: '%', digits: 1 })),
        rows: residual.map((row): TableRow => ({
          label: row.label,
          source: 'reproduced',
          cells: names.map((name) => cell(measured, row, figures[name])),
        })),
        ...shared(measured, ["No table of the paper: its text says that the residual keeps CLIP's semantics and limits drift."]),
      },
    ];
  },
};
