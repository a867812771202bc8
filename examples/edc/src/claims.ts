import type { Claim, RowFigure } from '@rs/experiments';
import type { CloudSplit } from '@rs/metrics';
import type { Evaluation } from './evaluate.js';
import { paper } from './paper.js';
import { edc, edcStar, type Row } from './rows.js';

type Split = keyof CloudSplit<unknown>;
const inPaper = { all: 'overall', cloudFree: 'cloudFree', cloudy: 'cloudy' } as const;
const inWords: Readonly<Record<Split, string>> = { all: 'on all pixels', cloudFree: 'on cloud-free pixels', cloudy: 'under clouds' };

const mIoU = ({ label }: Row, split: Split): RowFigure<Evaluation> => ({
  row: label,
  figure: ({ segmentation }) => 100 * segmentation[split].mIoU,
});

/** What Table I prints. */
const printed = ({ label }: Row, split: Split): number =>
  paper.tableI.rows.find(({ method }) => method === label)!['M3M-CR'][inPaper[split]].mIoU;

/** What the paper's Table I says of EDC and of clouds, as far as the rows that were run can show it. */
export function claimsOf(rows: readonly Row[]): Claim<Evaluation>[] {
  const unit = 'mIoU, %';
  const helps = (split: Split): Claim<Evaluation> => ({
    text: `Cloud removal and distillation help ${inWords[split]}: EDC beats EDC*`,
    unit,
    above: mIoU(edc, split),
    below: mIoU(edcStar, split),
    paper: printed(edc, split) - printed(edcStar, split),
  });
  const costs = (row: Row): Claim<Evaluation> => ({
    text: `${row.label}: clouds cost accuracy`,
    unit,
    above: mIoU(row, 'cloudFree'),
    below: mIoU(row, 'cloudy'),
    paper: printed(row, 'cloudFree') - printed(row, 'cloudy'),
  });
  const both = rows.includes(edc) && rows.includes(edcStar);
  return [...(both ? [helps('all'), helps('cloudy')] : []), ...rows.map(costs)];
}
