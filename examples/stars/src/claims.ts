import type { Claim, RowFigure } from '@rs/experiments';
import type { Evaluation } from './evaluate.js';
import { paper } from './paper.js';
import { ablationRows, rowsOf, type Row } from './rows.js';
import { setOf, type SensorSet } from './sensors.js';
import { betaSweep, mIoUOf, type Setting, type Statistics } from './tables.js';

const statistics: readonly (readonly [Statistics, string])[] = [
  ['own', 'own'],
  ['running', 'as trained'],
];

const mIoU = ({ label }: Row, test: SensorSet, kind: Statistics): RowFigure<Evaluation> => ({
  row: label,
  figure: (evaluation) => mIoUOf(evaluation, test, kind),
});

/** What the paper says of its tables 1 to 5, as far as the rows that were run can show it (spec, section 13). */
export function claimsOf(setting: Setting, run: readonly Row[]): Claim<Evaluation>[] {
  const { loss } = setting.config;
  const unit = 'mIoU, %';
  const labels = run.map(({ label }) => label);
  const table = setting.config.data.dataset === 'whu-opt-sar' ? paper.table2 : paper.table1;
  const name = setting.config.data.dataset === 'whu-opt-sar' ? ('WHU-OPT-SAR' as const) : ('EarthMiss' as const);
  const printed = (method: string, of = table): number => of.rows.find((row) => row.method === method)!.mIoU;
  const ablation = (method: string): number => paper.table4.rows.find((row) => row.method === method)![name];
  const between = (
    text: string,
    above: readonly [Row, SensorSet],
    below: readonly [Row, SensorSet],
    difference?: number,
  ): Claim<Evaluation>[] =>
    labels.includes(above[0].label) && labels.includes(below[0].label)
      ? statistics.map(([kind, words]) => ({
          text: `${text}; ${words}`,
          unit,
          above: mIoU(...above, kind),
          below: mIoU(...below, kind),
          ...(difference !== undefined && { paper: difference }),
        }))
      : [];

  const sar = rowsOf('S', loss);
  const height = rowsOf('D', loss);
  const { architecture, exp1, exp2, exp3 } = ablationRows(sar, loss);
  const onSar = (row: Row): readonly [Row, SensorSet] => [row, 'S'];
  return [
    ...between('STARS above Baseline-SAR', onSar(sar.stars), onSar(sar.baseline), printed('STARS (Ours)') - printed('Baseline-SAR')),
    ...between('STARS above its architecture alone', onSar(sar.stars), onSar(architecture)),
    ...between('STARS above Fine-tuning', onSar(sar.stars), onSar(sar.fineTuning), printed('STARS (Ours)') - printed('Fine-tuning')),
    ...between('L_ncs: exp-1 above Baseline-SAR', onSar(exp1), onSar(sar.baseline), ablation('exp-1') - ablation('Baseline-SAR')),
    ...between('L_ncs: exp-1 above architecture alone', onSar(exp1), onSar(architecture)),
    ...between('L_ncs: exp-2 above architecture alone', onSar(exp2), onSar(architecture)),
    ...between('Translation: exp-2 above exp-1', onSar(exp2), onSar(exp1), ablation('exp-2') - ablation('exp-1')),
    ...between('Translation: STARS above exp-3', onSar(sar.stars), onSar(exp3), ablation('STARS') - ablation('exp-3')),
    ...between('L_psc: exp-3 above exp-1', onSar(exp3), onSar(exp1), ablation('exp-3') - ablation('exp-1')),
    ...between('L_psc: STARS above exp-2', onSar(sar.stars), onSar(exp2), ablation('STARS') - ablation('exp-2')),
    ...between(
      'Both sensors: Concat above STARS',
      [sar.concatenated, setOf(sar.concatenated.tests[0])],
      onSar(sar.stars),
      printed('Baseline (Concat)') - printed('STARS (Ours)'),
    ),
    ...minorityClaims(labels, sar.stars, exp2),
    ...between(
      'Height: STARS on O above Baseline-OPT',
      [height.stars, 'O'],
      [height.baseline, 'O'],
      printed('STARS (Ours)', paper.table3) - printed('baseline-RGB', paper.table3),
    ),
    ...betaSweep(setting).flatMap(({ beta, detached, attached }) => {
      const row = paper.table5.rows.find((each) => each.beta === beta)!;
      return between(`Stop-gradient at beta ${beta}`, onSar(detached), onSar(attached), row.withDetach - row.withoutDetach);
    }),
  ];
}

/** L_psc is said to help classes with few pixels: here the mean IoU of the rarer half of the classes. */
function minorityClaims(labels: readonly string[], stars: Row, without: Row): Claim<Evaluation>[] {
  if (!labels.includes(stars.label) || !labels.includes(without.label)) return [];
  const rare = ({ label }: Row): RowFigure<Evaluation> => ({
    row: label,
    figure: ({ tests }) => rarerHalf(tests.S.own ?? tests.S.running),
  });
  return [
    {
      text: 'L_psc, rare classes: STARS above exp-2; own',
      unit: 'mean IoU, %',
      above: rare(stars),
      below: rare(without),
    },
  ];
}

function rarerHalf({ confusion, perClassIoU }: Evaluation['tests'][string]['running']): number {
  const counts = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const present = counts.map((count, id) => ({ count, iou: perClassIoU[id] })).filter(({ iou }) => Number.isFinite(iou));
  const rare = present.sort((a, b) => a.count - b.count).slice(0, Math.floor(counts.length / 2));
  return (100 * rare.reduce((sum, { iou }) => sum + iou, 0)) / rare.length;
}
