import { fasterVitVariants, loadFasterViT } from '@rs/encoders-hat';
import { Random } from '@rs/nn';
import { fromPretrained } from '@rs/weights';
import type { Config } from './config.js';
import { EDC } from './model.js';
import type { Row } from './rows.js';

/** The network of a row, initialised from `seed`, its streams from the ImageNet checkpoint where the config names one. */
export async function buildModel({ model, data }: Config, { dchf, cloudRemoval }: Row, numClasses: number, seed: number): Promise<EDC> {
  const encoder = {
    ...(model.encoder === 'fastervit-0' ? fasterVitVariants[0] : model.encoder),
    resolution: [data.crop, data.crop] as const,
  };
  const network = new EDC(
    {
      numClasses,
      optChannels: 4,
      sarChannels: 2,
      decoderChannels: model.decoderChannels,
      crHidden: model.crHidden,
      cloudRemoval,
      dchf,
      encoder,
    },
    new Random(seed),
  );
  if (model.pretrained !== undefined) {
    const checkpoint = await fromPretrained(model.pretrained);
    for (const stream of [network.encoder.opt, network.encoder.sar, network.encoder.cm]) loadFasterViT(stream, checkpoint);
  }
  return network;
}
