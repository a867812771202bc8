import type { Claim, RowFigure } from '@rs/experiments';
import type { CloudSplit } from '@rs/metrics';
import { residualAbove } from './calibration-residual.js';
import { type BaselineRemover, type BaselineSegmenter } from './baselines.js';
import type { QualityFigures } from './evaluate.js';
import { paper, type PaperDataset } from './paper.js';
import { edc, edcStar, naive, withoutCloudRemoval, withoutDcgd, withoutDchf, withoutDistillation, type Row } from './rows.js';
import type { DescriptorShift } from './studies/gates.js';
import type { Studied } from './studies/studies.js';

type Split = keyof CloudSplit<unknown>;
type Score = 'mIoU' | 'mPA';
const inPaper = { all: 'overall', cloudFree: 'cloudFree', cloudy: 'cloudy' } as const;
const inWords: Readonly<Record<Split, string>> = { all: 'on all pixels', cloudFree: 'on cloud-free pixels', cloudy: 'under clouds' };
const splits = Object.keys(inPaper) as Split[];

const of = ({ label }: Pick<Row, 'label'>, figure: (evaluation: Studied) => number): RowFigure<Studied> => ({ row: label, figure });
const scored = (row: Pick<Row, 'label'>, split: Split, score: Score): RowFigure<Studied> =>
  of(row, ({ segmentation }) => 100 * segmentation[split][score]);

/** What the paper claims, as far as rows that were run can show it; a claim on a study holds no run until that was made. */
export function claimsOf(
  rows: readonly Row[],
  dataset: PaperDataset,
  floor: QualityFigures,
  baselines: readonly BaselineSegmenter[] = [],
): Claim<Studied>[] {
  const has = (...needed: readonly Row[]): boolean => needed.every((row) => rows.includes(row));
  return [
    ...(has(edc, edcStar)
      ? splits.flatMap((split) => (['mIoU', 'mPA'] as const).map((score) => beats(edcStar, split, score, dataset)))
      : []),
    ...(has(edc) ? baselines.flatMap((baseline) => splits.map((split) => beats(baseline, split, 'mIoU', dataset))) : []),
    ...rows.map((row) => cloudsCost(row, dataset)),
    ...(has(edc) ? [removesClouds(floor)] : []),
    ...parts.filter(([, without]) => has(edc, without)).map(([text, without]) => partHelps(text, edc, without, dataset)),
    ...(has(edcStar, naive) ? [partHelps('DCHF helps alone: EDC* beats EDC-naive', edcStar, naive, dataset)] : []),
    ...[edcStar, withoutDchf].filter((row) => has(edc, row)).flatMap((row) => [isCalibrated(row, 'all'), isCalibrated(row, 'cloudy')]),
    ...(has(edc) ? [notOverConfident, ...onFusion] : []),
    ...(has(edc, naive) ? [usesItsChannels] : []),
  ];
}

/** What Table I prints. */
const printed = ({ label }: Pick<Row, 'label'>, split: Split, score: Score, dataset: PaperDataset): number | undefined =>
  paper.tableI.rows.find(({ method }) => method === label)?.[dataset][inPaper[split]][score];

/** What Table III prints, or Table I of EDC*. */
const ablated = (row: Row, dataset: PaperDataset): number =>
  paper.tableIII.rows.find(({ method }) => method === row.label)?.[dataset].mIoU ?? (printed(row, 'all', 'mIoU', dataset) as number);

const beats = (other: Pick<Row, 'label'>, split: Split, score: Score, dataset: PaperDataset): Claim<Studied> => ({
  text: `EDC beats ${other.label} ${inWords[split]}`,
  unit: `${score}, %`,
  above: scored(edc, split, score),
  below: scored(other, split, score),
  paper: printed(edc, split, score, dataset)! - printed(other, split, score, dataset)!,
});

/** That EDC's second head removes clouds better than networks that do nothing else. */
export const removalClaimsOf = (
  removers: readonly BaselineRemover[],
  dataset: PaperDataset,
): Claim<{ readonly quality?: QualityFigures }>[] =>
  removers.map(({ label }) => {
    const PSNR = (method: string): number => paper.tableII.rows.find((row) => row.method === method)![dataset].PSNR_dB;
    const of = (row: string) => ({ row, figure: ({ quality }: { readonly quality?: QualityFigures }) => quality?.PSNR ?? NaN });
    return {
      text: `EDC removes clouds better than ${label}`,
      unit: 'PSNR, dB',
      above: of(edc.label),
      below: of(label),
      paper: PSNR(edc.label) - PSNR(label),
    };
  });

function cloudsCost(row: Row, dataset: PaperDataset): Claim<Studied> {
  const [clear, cloudy] = (['cloudFree', 'cloudy'] as const).map((split) => printed(row, split, 'mIoU', dataset));
  return {
    text: `${row.label}: clouds cost accuracy`,
    unit: 'mIoU, %',
    above: scored(row, 'cloudFree', 'mIoU'),
    below: scored(row, 'cloudy', 'mIoU'),
    ...(clear !== undefined && cloudy !== undefined && { paper: clear - cloudy }),
  };
}

const removesClouds = (floor: QualityFigures): Claim<Studied> => ({
  text: 'The reconstruction beats the cloudy image',
  unit: 'PSNR, dB',
  above: of(edc, ({ quality }) => quality?.PSNR ?? NaN),
  below: floor.PSNR,
});

const parts: readonly [text: string, without: Row][] = [
  ['DCHF helps', withoutDchf],
  ['Conditioned descriptors (DCGD) help', withoutDcgd],
  ['Distillation helps', withoutDistillation],
  ['Cloud removal helps', withoutCloudRemoval],
  ['All parts help: EDC beats EDC-naive', naive],
];

const partHelps = (text: string, whole: Row, without: Row, dataset: PaperDataset): Claim<Studied> => ({
  text,
  unit: 'mIoU, %',
  above: scored(whole, 'all', 'mIoU'),
  below: scored(without, 'all', 'mIoU'),
  paper: ablated(whole, dataset) - ablated(without, dataset),
});

const isCalibrated = (row: Row, split: Split): Claim<Studied> => ({
  text: `EDC is calibrated better than ${row.label}, ${inWords[split]}`,
  unit: 'ECE, 1e-2',
  above: of(row, ({ segmentation }) => 100 * segmentation[split].ECE),
  below: of(edc, ({ segmentation }) => 100 * segmentation[split].ECE),
});

const notOverConfident: Claim<Studied> = {
  text: 'EDC, confident above 0.8 under clouds, is right to be',
  unit: 'accuracy - confidence, 1e-2',
  above: of(edc, ({ segmentation }) => 100 * residualAbove(0.8, segmentation.cloudy.calibration)),
  below: 0,
};

/** Over the tiles, by stage 1; a tile without clouds moves nothing. */
const meanShift = (shifts: readonly DescriptorShift[] | undefined, kind: 'weighted' | 'plain'): number =>
  shifts ? shifts.reduce((sum, shift) => sum + shift[kind][0], 0) / shifts.length : NaN;

const onFusion: readonly Claim<Studied>[] = [
  {
    text: 'A is higher under clouds (Fig. 6, stage 1)',
    unit: 'mean A',
    above: of(edc, ({ gates }) => gates?.stages[0].attention.cloudy ?? NaN),
    below: of(edc, ({ gates }) => gates?.stages[0].attention.clear ?? NaN),
  },
  {
    text: 'Clouds strengthen D (Fig. 6, stage 1)',
    unit: 'mean |D|',
    above: of(edc, ({ gates }) => gates?.stages[0].discrepancy.cloudy ?? NaN),
    below: of(edc, ({ gates }) => gates?.stages[0].discrepancyCloudFree.cloudy ?? NaN),
  },
  {
    text: 'Clouds move plain means more (III-C, stage 1)',
    unit: 'relative shift',
    above: of(edc, ({ gates }) => meanShift(gates?.shifts, 'plain')),
    below: of(edc, ({ gates }) => meanShift(gates?.shifts, 'weighted')),
  },
];

const usesItsChannels: Claim<Studied> = {
  text: 'EDC uses more directions than EDC-naive',
  unit: 'erank',
  above: of(edc, ({ representation }) => representation?.erank ?? NaN),
  below: of(naive, ({ representation }) => representation?.erank ?? NaN),
};
