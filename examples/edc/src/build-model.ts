import { fasterVitVariants, loadFasterViT } from '@rs/encoders-hat';
import { Random, type Init } from '@rs/nn';
import { fromPretrained } from '@rs/weights';
import type { Config } from './config.js';
import { EDC, type EdcConfig } from './model.js';
import type { Baseline, BaselineSegmenter } from './baselines.js';
import type { Segmenter } from './network.js';
import type { Row } from './rows.js';

/** What of a config shapes the network. */
export interface ModelSetting {
  readonly model: Config['model'];
  readonly data: Pick<Config['data'], 'crop' | 'dataset'>;
}

/** Of the paper's two data sets; the synthetic world stands for M3M-CR. */
export const publishedClasses = (dataset: Config['data']['dataset']): number => (dataset === 'whu-opt-sar' ? 7 : 6);

/** The network of the paper's size, whatever the config. */
export const publishedSetting = (dataset: Config['data']['dataset']): ModelSetting => ({
  model: { encoder: 'fastervit-0', decoderChannels: [256, 128, 64, 32], crHidden: 64, init: 'spec' },
  data: { crop: 160, dataset },
});

export const bandsOf = ({ data: { dataset } }: Pick<ModelSetting, 'data'>) => ({
  optChannels: 4,
  sarChannels: dataset === 'whu-opt-sar' ? 1 : 2,
});

export function modelConfig({ model, data }: ModelSetting, { dchf, cloudRemoval }: Row, numClasses: number): EdcConfig {
  return {
    numClasses,
    ...bandsOf({ data }),
    decoderChannels: model.decoderChannels,
    crHidden: model.crHidden,
    cloudRemoval,
    dchf,
    encoder: { ...(model.encoder === 'fastervit-0' ? fasterVitVariants[0] : model.encoder), resolution: [data.crop, data.crop] },
    init: model.init,
  };
}

/** The network of a method that EDC is compared with: of its published size where EDC has its own, else small. */
export function buildBaseline<B extends Baseline>(
  { build }: B,
  setting: ModelSetting,
  numClasses: number,
  init: Init,
): ReturnType<B['build']> {
  const size = setting.model.encoder === 'fastervit-0' ? 'published' : 'small';
  return build({ ...bandsOf(setting), numClasses, size }, init) as ReturnType<B['build']>;
}

/** The network of any row, initialised from `seed`. */
export async function buildNetwork(config: Config, row: Row | BaselineSegmenter, numClasses: number, seed: number): Promise<Segmenter> {
  if ('dchf' in row) return buildModel(config, row, numClasses, seed);
  return buildBaseline(row, config, numClasses, row.init(new Random(seed)));
}

/** The network of a row of EDC, initialised from `seed`, its streams from the ImageNet checkpoint where the config names one. */
export async function buildModel(config: Config, row: Row, numClasses: number, seed: number): Promise<EDC> {
  const network = new EDC(modelConfig(config, row, numClasses), new Random(seed));
  if (config.model.pretrained !== undefined) {
    const checkpoint = await fromPretrained(config.model.pretrained);
    for (const stream of [network.encoder.opt, network.encoder.sar, network.encoder.cm]) loadFasterViT(stream, checkpoint);
  }
  return network;
}
