import { describeDataset, fusionLoading, fusionScoring, fusionTiles, indexDataset, loadSample, type Sample } from '@rs/datasets';
import { completeSample, type Splits } from '@rs/experiments';
import type { Config } from './config.js';
import type { PairSample, PairSplits } from './data.js';
import { randomWindows } from './random-windows.js';

type IsprsData = Extract<Config['data'], { dataset: 'vaihingen' | 'potsdam' }>;

/**
 * A folder of ISPRS Vaihingen or Potsdam, split as MFMamba's public code does, or those of its tiles that are there: trained on full labels, scored
 * on eroded ones, clutter left out of the means.
 *
 * @throws DatasetError where no tile of a split is there or a tile is incomplete
 */
export async function openIsprs({ dataset }: IsprsData, root: string): Promise<PairSplits> {
  const tilesOf = (tiles: readonly string[]): Promise<Sample[]> =>
    indexDataset({ dataset, root, split: 'train', tiles, allowMissingTiles: true });
  const { train, test } = fusionTiles[dataset];
  const [trained, scored] = [await tilesOf(train), await tilesOf(test)];
  const { classes, colors = [] } = describeDataset(dataset);
  const isScored = new Set(scored.map(({ id }) => id));
  const load: Splits<PairSample>['load'] = async (sample) => {
    const eroded = isScored.has(sample.id) ? fusionScoring.loading : {};
    return completeSample(await loadSample(sample, { ...fusionLoading[dataset], ...eroded, fixSize: 'edge' }), ['optical', 'dsm', 'label']);
  };
  return {
    pair: 'elevation',
    train: trained,
    validation: trained.slice(0, 1),
    test: scored,
    classes,
    colors,
    display: [0, 1, 2],
    meanClasses: fusionScoring.meanClasses,
    load,
    trainingBatches: (options) => randomWindows(trained, load, options),
    about:
      `ISPRS ${dataset}, ${trained.length} of ${train.length} training tiles, scored on ${scored.length} of ${test.length} test tiles ` +
      `(eroded labels, means without clutter; validation: the first training tile)`,
  };
}
