import type { Claim, RowFigure } from '@rs/experiments';
import type { Evaluation } from './evaluate.js';
import { printedRow } from './paper.js';
import { bilinearRow, forwardOnlyRow, labelOf, type Pair, type Row } from './rows.js';

type Figure = (evaluation: Evaluation) => number;

const mIoU: Figure = ({ segmentation }) => 100 * segmentation.mIoU;
const of = (row: string, figure: Figure): RowFigure<Evaluation> => ({ row, figure });

/** What the paper says (spec/ot-mmd-fusion.md, section 13), as far as the rows that were run can show it. */
export function claimsOf(rows: readonly Row[], classes: readonly string[], lambda: number): Claim<Evaluation>[] {
  const labels = new Set(rows.map(({ label }) => label));
  const all = [...stepClaims('elevation'), ...classClaims(classes), ...partClaims(), ...controlClaims(rows, lambda), ...stepClaims('sar')];
  return all.filter(({ above, below }) => labels.has(above.row) && (typeof below === 'number' || labels.has(below.row)));
}

/** Each part adds; a second layer only marginally. */
function stepClaims(pair: Pair): Claim<Evaluation>[] {
  const steps = [
    ['A0', 'A', 'transport helps'],
    ['A1', 'A0', 'the MMD loss helps'],
    ['A2', 'A1', 'the scan helps'],
    ['A3', 'A2', 'a second scan helps a little'],
    ['A2', 'A', 'all together help'],
  ] as const;
  return steps.map(([with_, without, text]) => ({
    text: `${pair === 'sar' ? 'Optical + SAR: ' : ''}${text}: ${with_} above ${without}`,
    unit: 'mIoU, %',
    above: of(labelOf(with_, pair), mIoU),
    below: of(labelOf(without, pair), mIoU),
    ...(pair === 'elevation' && { paper: printedRow(with_).mIoU.value - printedRow(without).mIoU.value }), // its data are image + elevation
  }));
}

function classClaims(classes: readonly string[]): Claim<Evaluation>[] {
  const low = classes.indexOf('low vegetation');
  const impervious = classes.indexOf('impervious');
  const iou =
    (id: number): Figure =>
    (evaluation) =>
      100 * evaluation.segmentation.perClassIoU[id];
  const lead: Figure = (evaluation) => {
    const others = classes.map((_, id) => iou(id)(evaluation)).filter((value, id) => id !== low && Number.isFinite(value));
    return iou(low)(evaluation) - others.reduce((sum, value) => sum + value, 0) / others.length;
  };
  const gain = (text: string, figure: Figure): Claim<Evaluation> => ({
    text,
    unit: 'IoU, %',
    above: of('A2', figure),
    below: of('A', figure),
  });
  return [
    gain('low vegetation gains: A2 above A', iou(low)),
    gain('impervious surfaces gain: A2 above A', iou(impervious)),
    gain('low vegetation gains more than the mean of the others', lead),
  ];
}

function partClaims(): Claim<Evaluation>[] {
  const first = (matching: Evaluation['untrained'] | undefined): Evaluation['untrained'][number] | undefined => matching?.[0];
  const trained: Figure = ({ matching }) => 100 * (first(matching[0]?.stages)?.nearby ?? NaN);
  const untrained: Figure = (evaluation) => 100 * (first(evaluation.untrained)?.nearby ?? NaN);
  const mmd: Figure = ({ matching }) => mean(matching[0]?.stages.map(({ mmd2 }) => mmd2) ?? []);
  return [
    {
      text: 'MMD draws distributions together: A0 above A1',
      unit: 'MMD^2',
      above: of('A0', mmd),
      below: of('A1', mmd),
    },
    {
      text: 'tokens find their place: A1 above untrained, stage 1',
      unit: 'within 1 token, %',
      above: of('A1', trained),
      below: of('A1', untrained),
    },
    {
      text: 'classes are more consistent: A2 above A',
      unit: 'mF1, %',
      above: of('A2', ({ segmentation }) => 100 * segmentation.mF1),
      below: of('A', ({ segmentation }) => 100 * segmentation.mF1),
      paper: printedRow('A2').mF1.value - printedRow('A').mF1.value,
    },
    {
      text: 'borders are sharper: A2 above A',
      unit: 'border mIoU, %',
      above: of('A2', ({ borderMIoU }) => 100 * borderMIoU),
      below: of('A', ({ borderMIoU }) => 100 * borderMIoU),
    },
    {
      text: 'maps are smoother: A above A2',
      unit: 'pieces / labelled',
      above: of('A', ({ pieces }) => pieces),
      below: of('A2', ({ pieces }) => pieces),
    },
    {
      text: 'elevation helps: A2 above zeros for it',
      unit: 'mIoU, %',
      above: of('A2', mIoU),
      below: of('A2', ({ zeroedMIoU }) => 100 * zeroedMIoU),
    },
    {
      text: 'elevation helps: A2 above that of another scene',
      unit: 'mIoU, %',
      above: of('A2', mIoU),
      below: of('A2', ({ swappedMIoU }) => 100 * swappedMIoU),
    },
  ];
}

function controlClaims(rows: readonly Row[], lambda: number): Claim<Evaluation>[] {
  const border: Figure = ({ borderMIoU }) => 100 * borderMIoU;
  const lambdas = rows
    .filter((row) => row.lambda !== undefined)
    .map((row): Claim<Evaluation> => ({
      text: `lambda ${lambda} above ${row.lambda}, ${row.variant}`,
      unit: 'mIoU, %',
      above: of(labelOf(row.variant, row.pair), mIoU),
      below: of(row.label, mIoU),
    }));
  return [
    {
      text: 'both directions help: A2 above forward alone',
      unit: 'mIoU, %',
      above: of('A2', mIoU),
      below: of(forwardOnlyRow.label, mIoU),
    },
    {
      text: 'predicted filters sharpen: A2 above bilinear',
      unit: 'border mIoU, %',
      above: of('A2', border),
      below: of(bilinearRow.label, border),
    },
    ...lambdas,
  ];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
