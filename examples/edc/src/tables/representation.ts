import { overSeeds } from '@rs/experiments';
import type { Cell, Row as TableRow } from '@rs/report';
import { paper, sourceOf } from '../paper.js';
import { edc, edcStar, naive } from '../rows.js';
import type { Representation } from '../studies/representation.js';
import { shared, type PaperTable } from './paper-table.js';

const rows = [naive, edcStar, edc];

/** Table V: do deep features use their channels, and does the decoder's bottleneck agree with the logits? */
export const representation: PaperTable = {
  title: paper.tableV.title,
  rows,
  build: async (measured) => {
    const printed = paper.tableV.rows.map(
      ({ method, stage4Cm: { erank, nerank, sparsity }, cmDecoderOut: { channels, CKA } }): TableRow => ({
        label: method,
        source: sourceOf(method),
        cells: [erank, nerank, sparsity, channels, CKA],
      }),
    );
    const reproduced: TableRow[] = [];
    let pooled = { tiles: 0, positions: 0 };
    for (const { label, ...row } of rows) {
      const studies = (await measured.studies.representation({ label, ...row })).map(({ study }) => study);
      const cell = (figure: (study: Representation) => number): Cell => overSeeds(studies.map(figure));
      reproduced.push({
        label,
        source: 'reproduced',
        cells: [
          cell(({ erank }) => erank),
          cell(({ nerank }) => nerank),
          cell(({ sparsity }) => sparsity),
          studies[0].channels,
          cell(({ CKA }) => CKA),
        ],
      });
      [pooled] = studies;
    }
    return {
      title: `Table V: ${paper.tableV.title} (the paper's rows: data not stated)`,
      columns: [
        { header: ['stage 4, fused', 'erank'] },
        { header: ['stage 4, fused', 'nerank'], digits: 3 },
        { header: ['stage 4, fused', 'sparsity'], digits: 3 },
        { header: ['decoder', 'C_d'], digits: 0 },
        { header: ['decoder', 'CKA with logits'], digits: 3 },
      ],
      rows: [...printed, ...reproduced],
      ...shared(
        measured,
        `Here: centre crops of ${pooled.tiles} cloudy scored patches, pooled: ${pooled.positions} positions at stage 4, which bound erank as the channels do.`,
      ),
    };
  },
};
