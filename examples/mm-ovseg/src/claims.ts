import { worldClasses } from '@rs/datasets';
import type { Claim, RowFigure } from '@rs/experiments';
import type { Evaluation } from './evaluate.js';
import { paper } from './paper.js';
import {
  bothCmu,
  clipCmuOnly,
  inSetting,
  l1Row,
  largeRow,
  mmOvSeg,
  mseRow,
  opticalDino,
  opticalOnly,
  withoutCmu,
  withoutResidual,
  type Row,
} from './rows.js';
import { settings, type SettingNumber } from './settings.js';

type Pixels = 'all' | 'cloudy';
const unit = 'mIoU, %';

const mIoU = ({ label }: Row, pixels: Pixels): RowFigure<Evaluation> => ({
  row: label,
  figure: ({ segmentation }) => 100 * segmentation[pixels].mIoU,
});
const group = ({ label }: Row, name: 'seen' | 'unseen', from: 'grouped' | 'chance'): RowFigure<Evaluation> => ({
  row: label,
  figure: (evaluation) => 100 * evaluation[from].cloudy[name],
});
const auc = ({ label }: Row, name: 'seen' | 'unseen'): RowFigure<Evaluation> => ({
  row: label,
  figure: (evaluation) => 100 * evaluation.auc[name],
});

const iouOf = ({ label }: Row, name: 'water' | 'road'): RowFigure<Evaluation> => ({
  row: label,
  figure: ({ segmentation }) => 100 * segmentation.cloudy.perClassIoU[worldClasses.indexOf(name)],
});

/** What the paper says, as far as the rows that were run can show it. */
export function claimsOf(rows: readonly Row[]): Claim<Evaluation>[] {
  const ran = (...needed: readonly Row[]): boolean => needed.every(({ label }) => rows.some((row) => row.label === label));
  const [first, second, third] = paper.tables['Table 3'].rows.map(({ value, derived }) => value ?? derived!);
  const beats = (better: Row, worse: Row, text: string, pixels: Pixels, printed?: number): Claim<Evaluation>[] =>
    ran(better, worse)
      ? [{ text, unit, above: mIoU(better, pixels), below: mIoU(worse, pixels), ...(printed !== undefined && { paper: printed }) }]
      : [];
  const settingsRun = (Object.keys(settings).map(Number) as SettingNumber[]).filter((setting) =>
    ran(inSetting(mmOvSeg, setting), inSetting(opticalDino, setting)),
  );
  const leads = settingsRun.length > 1 ? settingsRun : [];
  const ofChance: Claim<Evaluation>[] = ran(mmOvSeg)
    ? [
        {
          text: 'Unseen classes under clouds are above a random guess: CMU + DEF',
          unit,
          above: group(mmOvSeg, 'unseen', 'grouped'),
          below: group(mmOvSeg, 'unseen', 'chance'),
        },
        {
          text: 'Unseen classes are told apart by their scores: CMU + DEF',
          unit: 'AUC above 50, %',
          above: auc(mmOvSeg, 'unseen'),
          below: 50,
        },
        {
          text: 'Seen classes are clearly above unseen ones: CMU + DEF',
          unit,
          above: group(mmOvSeg, 'seen', 'grouped'),
          below: group(mmOvSeg, 'unseen', 'grouped'),
        },
      ]
    : [];
  return [
    ...beats(mmOvSeg, opticalOnly, 'CMU + DEF beats optical only under clouds', 'cloudy', third - first),
    ...beats(withoutCmu, opticalOnly, 'DEF without CMU beats optical only under clouds', 'cloudy', second - first),
    ...beats(mmOvSeg, withoutCmu, 'CMU helps under clouds: CMU + DEF beats DEF without CMU', 'cloudy', third - second),
    ...beats(mmOvSeg, withoutCmu, 'CMU helps on all pixels', 'all', third - second),
    ...beats(withoutCmu, opticalDino, 'SAR helps under clouds: DEF without CMU beats + optical DINO', 'cloudy'),
    ...ofChance,
    ...(ran(mmOvSeg)
      ? [{ text: 'Water is the strongest unseen class, here above road: CMU + DEF', unit: 'IoU, %', above: iouOf(mmOvSeg, 'water'), below: iouOf(mmOvSeg, 'road') }] // prettier-ignore
      : []),
    ...(ran(mmOvSeg, opticalDino)
      ? [{ text: 'SAR helps water: CMU + DEF beats + optical DINO', unit: 'IoU, %', above: iouOf(mmOvSeg, 'water'), below: iouOf(opticalDino, 'water') }] // prettier-ignore
      : []),
    ...(ran(mmOvSeg, withoutResidual)
      ? [{ text: "The residual keeps CLIP's semantics: unseen classes gain by it", unit, above: group(mmOvSeg, 'unseen', 'grouped'), below: group(withoutResidual, 'unseen', 'grouped') }] // prettier-ignore
      : []),
    ...beats(mseRow, withoutCmu, 'CMU by MSE beats none', 'all'),
    ...beats(l1Row, withoutCmu, 'CMU by L1 beats none', 'all'),
    ...beats(mmOvSeg, mseRow, 'InfoNCE beats MSE', 'all'),
    ...beats(mmOvSeg, l1Row, 'InfoNCE beats L1', 'all'),
    ...leads.flatMap((setting) =>
      beats(
        inSetting(mmOvSeg, setting),
        inSetting(opticalDino, setting),
        `Best in setting ${setting}, ${settings[setting].weather}`,
        'all',
        setting === 5 ? 2.5 : undefined,
      ),
    ),
    ...(leads.includes(6) ? beats(mmOvSeg, inSetting(mmOvSeg, 6), 'Another region costs accuracy: CMU + DEF', 'all') : []),
    ...(leads.includes(6) ? beats(opticalOnly, inSetting(opticalOnly, 6), 'Another region costs accuracy: optical only', 'all') : []),
    ...beats(clipCmuOnly, withoutCmu, 'CMU on CLIP only beats none', 'all'),
    ...(ran(clipCmuOnly) ? beats(mmOvSeg, clipCmuOnly, 'CMU on DINO only beats CLIP only', 'all') : []),
    ...beats(mmOvSeg, bothCmu, 'CMU on DINO only beats both', 'all'),
    ...beats(largeRow, mmOvSeg, 'The larger backbone helps', 'all', 3.3),
  ];
}
