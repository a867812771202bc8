import { withReference } from '@rs/experiments';
import type { Row as TableRow, Table } from '@rs/report';
import { paper } from '../paper.js';
import { referenceSource, tableReferences } from '../references.js';
import { mmOvSeg, opticalDino, opticalOnly, withoutCmu, type Row } from '../rows.js';
import { cell, figures, missing, shared, type Measured, type PaperTable } from './paper-table.js';
import { pretrainingTable } from './pretraining.js';

const small: readonly Row[] = [opticalOnly, opticalDino, withoutCmu, mmOvSeg];

/** Table 3: what the fusion and the unification are worth. */
export const table3: PaperTable = {
  title: paper.tables['Table 3'].title,
  rows: small,
  studies: true,
  build: (measured) => {
    const { runs } = measured;
    const names = Object.keys(figures) as (keyof typeof figures)[];
    const nothing = names.map(() => null);
    const printed = paper.tables['Table 3'].rows.map(({ cmu, def, value, derived }): TableRow => {
      const label = cmu ? mmOvSeg.label : def ? withoutCmu.label : opticalOnly.label;
      return {
        label: value === undefined ? `${label} (from the text: 55.0 + 9.1)` : label,
        source: 'paper',
        cells: [value ?? derived!, ...nothing],
      };
    });
    const reproduced = small.map((row): TableRow => ({
      label: row.label,
      source: 'reproduced',
      cells: [null, ...names.map((name) => cell(measured, row, figures[name]))],
    }));
    const [{ evaluation }] = runs;
    const chance = { seen: 100 * evaluation.chance.cloudy.seen, unseen: 100 * evaluation.chance.cloudy.unseen };
    const guess: Partial<Record<keyof typeof figures, number>> = { ...chance, 'AUC seen': 50, 'AUC unseen': 50 };
    const table: Table = {
      title: `Table 3: ${paper.tables['Table 3'].title}`,
      columns: [
        { header: ['paper, DDHR-SK', 'mIoU'], unit: '%', digits: 1 },
        ...names.map((name) => ({ header: ['here', name], unit: '%', digits: 1 })),
      ],
      rows: [
        ...printed,
        ...reproduced,
        { label: 'a uniform random guess', source: 'reproduced', cells: [null, ...names.map((name) => guess[name] ?? null)] },
      ],
      ...shared(measured, [
        missing('Table 3'),
        "Seen, unseen, harmonic mean and AUC: of cloudy pixels; all words compete. AUC: area under the ROC curve of a class's score, free of that competition. IoU near that of the guess means nothing learned, under it unlearned.",
      ]),
    };
    return [table, ...(measured.besideReference ? [besideReference(measured)] : []), pretrainingTable(measured)];
  },
};

/** Table 3's figures below each other, beside those of an independent implementation. */
function besideReference(measured: Measured): Table {
  const names = Object.keys(tableReferences) as (keyof typeof tableReferences)[];
  const pairs = names.flatMap((name) => small.map((row) => ({ label: `${name}: ${row.label}`, name, row })));
  const table: Table = {
    title: 'Table 3 beside an independent implementation',
    columns: [{ header: 'here', unit: '%', digits: 1 }],
    rows: pairs.map(({ label, name, row }) => ({ label, source: 'reproduced', cells: [cell(measured, row, figures[name])] })),
    ...shared(measured),
  };
  const references = Object.fromEntries(pairs.map(({ label, name, row }) => [label, tableReferences[name][row.label]]));
  return withReference(table, { column: 0, references, source: referenceSource });
}
