import type { Claim, RowFigure } from '@rs/experiments';
import type { Sky } from '../data.js';
import { mmOvSeg, opticalDino, opticalOnly, type Row } from '../rows.js';
import type { Stage } from './fusion-stages.js';
import { studyLabel, type Study } from './study.js';

const of = (figure: (study: Study) => number): RowFigure<Study> => ({ row: studyLabel, figure });
const mIoU = 'mIoU, %';

const low = 0.3; // a correlation under it counts as low: the paper gives no number

/** What the paper's text says of clouds, sensors and stages of the fusion, each claim of one seed's study. */
export function studyClaims(classes: readonly string[], unseen: readonly number[]): Claim<Study>[] {
  const score = ({ label }: Row, sky: Sky) => of((study) => 100 * study.sky[label][sky].mIoU);
  const gain = (sky: Sky) => of(({ sky: of }) => 100 * (of[mmOvSeg.label][sky].mIoU - of[opticalOnly.label][sky].mIoU));
  const seen = classes.map((_, id) => id).filter((id) => !unseen.includes(id));
  const auc = (stage: Stage, ids: readonly number[]) => of(({ stages }) => 100 * mean(ids.map((id) => stages.auc[stage][id])));
  const sharper = (stage: Exclude<Stage, 'fused'>, name: string): Claim<Study>[] =>
    ([['seen', seen], ['unseen', unseen]] as const).map(([group, ids]) => ({
      text: `The fused maps tell ${group} classes better than ${name}`, unit: 'AUC, %', above: auc('fused', ids), below: auc(stage, ids),
    })); // prettier-ignore
  return [
    { text: 'Optical only fails under clouds: clear sky beats thick clouds', unit: mIoU, above: score(opticalOnly, 'clear'), below: score(opticalOnly, 'thick') }, // prettier-ignore
    { text: 'CMU + DEF gains more under thick clouds than in clear sky', unit: mIoU, above: gain('thick'), below: gain('clear') }, // prettier-ignore
    ...(['clear', 'thin', 'thick'] as const).map((sky): Claim<Study> => ({
      text: `SAR helps ${sky === 'clear' ? 'in clear sky' : `under ${sky} clouds`}: CMU + DEF beats + optical DINO`, unit: mIoU, above: score(mmOvSeg, sky), below: score(opticalDino, sky),
    })), // prettier-ignore
    { text: 'SAR of the place itself beats that of another place', unit: mIoU, above: of(({ words }) => 100 * words[0].mIoU), below: of(({ othersSar }) => 100 * othersSar.mIoU) }, // prettier-ignore
    { text: 'The share of SAR is larger under thick clouds than in clear sky', unit: '%', above: of(({ sarShare }) => 100 * sarShare.thick), below: of(({ sarShare }) => 100 * sarShare.clear) }, // prettier-ignore
    ...(['thin', 'thick'] as const).map((sky): Claim<Study> => ({
      text: `${sky === 'thin' ? 'Thin' : 'Thick'} clouds change DINO's features more than CLIP's`, unit: '1 - cosine', above: of(({ sensitivity }) => sensitivity[sky].dino), below: of(({ sensitivity }) => sensitivity[sky].clip),
    })), // prettier-ignore
    { text: `CLIP and DINO are complementary: their maps correlate under ${low}`, unit: `${low} - r`, above: of(({ stages }) => low - mean(stages.correlation)), below: 0 }, // prettier-ignore
    ...sharper('clipCorr', "CLIP's"),
    ...sharper('denseCorr', "DINO's"),
  ];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
