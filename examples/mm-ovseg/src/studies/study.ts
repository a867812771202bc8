import path from 'node:path';
import { disposeModule } from '@rs/nn';
import { keptFigures, type JudgedRun } from '@rs/experiments';
import type { MmOvSeg } from '@rs/ovseg';
import { skies, type Sky } from '../data.js';
import type { Place } from '../place.js';
import { mmOvSeg, opticalDino, opticalOnly, type Row } from '../rows.js';
import { finishedModel, forwardOf } from '../runs.js';
import type { Tile, Tiles } from '../tiles.js';
import { backscatterOf, type Backscatter } from './backscatter.js';
import { cloudSensitivity, type Sensitivity } from './cloud-sensitivity.js';
import { cloudyScores, type CloudyScores, type ScoredWords } from './cloudy-scores.js';
import { stageFigures, type StageFigures } from './fusion-stages.js';
import { withOthersSar } from './others-sar.js';
import { sarShare } from './sar-share.js';
import { wordLists } from './word-lists.js';

/** What finished models show beside their scores: claims of the paper's text that no table holds. */
export interface Study {
  readonly sky: Readonly<Record<string, Readonly<Record<Sky, CloudyScores>>>>; // of each of `rowsUnderSkies`, by label; the pixels under thick clouds
  readonly sensitivity: Readonly<Record<Exclude<Sky, 'clear'>, Sensitivity>>;
  readonly sarShare: Readonly<Record<Sky, number>>;
  readonly othersSar: CloudyScores; // with the SAR image of another place
  readonly words: readonly CloudyScores[]; // by the lists of `wordLists`
  readonly backscatter: readonly Backscatter[]; // of each class
  readonly stages: StageFigures;
}

/** One seed's. */
export type StudyRun = JudgedRun<Study>;
export const studyLabel = 'study';

export const rowsUnderSkies: readonly Row[] = [opticalOnly, opticalDino, mmOvSeg];

/** Measured on the finished models of one seed, or taken from an earlier call. */
export async function studyOf(place: Place): Promise<StudyRun> {
  const { folder, seed, reporter } = place;
  const evaluation = await keptFigures(path.join(folder, `study-${seed}.json`), () => {
    reporter.stage(`What the finished models show, seed ${seed}`);
    return measured(place);
  });
  return { label: studyLabel, seed, evaluation };
}

async function measured(place: Place): Promise<Study> {
  const { data, config, reporter } = place;
  const grids = config.backbones[mmOvSeg.backbone];
  const under = await data.skies();
  const sky: Record<string, Record<Sky, CloudyScores>> = {};
  for (const row of rowsUnderSkies) {
    reporter.note(`${row.label} under three skies`);
    sky[row.label] = await withModel(place, row, (model) => underSkies(place, row, model, under));
  }
  return withModel(place, mmOvSeg, async (model) => {
    reporter.note('encoders, words and stages of the fusion');
    const test = await data.test(mmOvSeg.setting);
    const [all] = wordLists(data.classes, data.unseen);
    const share = { clear: 0, thin: 0, thick: 0 };
    for (const name of skies) share[name] = await sarShare(model, grids, under[name]);
    const words: CloudyScores[] = [];
    for (const list of wordLists(data.classes, data.unseen)) words.push(await asked(place, mmOvSeg, model, list, test));
    return {
      sky,
      sensitivity: {
        thin: await cloudSensitivity(model, grids, under.clear, under.thin),
        thick: await cloudSensitivity(model, grids, under.clear, under.thick),
      },
      sarShare: share,
      othersSar: await asked(place, mmOvSeg, model, all, withOthersSar(test)),
      words,
      backscatter: await backscatterOf(test, data.classes.length),
      stages: await stageFigures(place, mmOvSeg, model, test, data.classes),
    };
  });
}

async function underSkies(
  place: Place,
  row: Row,
  model: MmOvSeg,
  under: Readonly<Record<Sky, Tiles<Tile>>>,
): Promise<Record<Sky, CloudyScores>> {
  const { classes, unseen } = place.data;
  const [all] = wordLists(classes, unseen);
  const scores = {} as Record<Sky, CloudyScores>;
  for (const name of skies) scores[name] = await asked(place, row, model, all, under[name]);
  return scores;
}

async function asked(
  place: Place,
  row: Row,
  model: MmOvSeg,
  { words, classOf }: { readonly words: readonly string[] } & Pick<ScoredWords, 'classOf'>,
  tiles: Tiles<Tile>,
): Promise<CloudyScores> {
  const { classes, seen, unseen } = place.data;
  const forward = forwardOf(place, row, model, words);
  try {
    return await cloudyScores(forward.call, tiles, { classOf, groups: { seen, unseen }, numClasses: classes.length });
  } finally {
    forward.dispose();
  }
}

async function withModel<T>(place: Place, row: Row, work: (model: MmOvSeg) => Promise<T>): Promise<T> {
  const model = await finishedModel(place, row);
  try {
    return await work(model);
  } finally {
    disposeModule(model);
  }
}
