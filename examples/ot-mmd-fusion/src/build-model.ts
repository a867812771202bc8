import * as tf from '@tensorflow/tfjs-core';
import { loadStateDict, parameters, Random } from '@rs/nn';
import { loadVssEncoder, OtMmdSegmenter, type OtMmdSegmenterConfig } from '@rs/ot-mmd-fusion';
import { fromPretrained } from '@rs/weights';
import type { Config } from './config.js';
import type { PairSplits } from './data.js';
import type { Pair, Row } from './rows.js';

export const channelsOf: Readonly<Record<Pair, { readonly imageChannels: number; readonly auxChannels: number }>> = {
  elevation: { imageChannels: 3, auxChannels: 1 },
  sar: { imageChannels: 4, auxChannels: 2 },
};

/** Parameters of the scan's backward direction through which its output is drawn: with all of them 0 it is 0, and so are the gradients of the first. */
export const backwardOutput = /ssm\.\d+\.(x_proj_b\.weight|D_b)$/;

/** The network of a row, initialised from `seed`, its encoders from checkpoints where the config names some. */
export async function buildModel(
  { model }: Config,
  row: Row,
  { classes }: Pick<PairSplits, 'classes'>,
  seed: number,
): Promise<OtMmdSegmenter> {
  const network = new OtMmdSegmenter({ ...segmenterConfig(model, row), numClasses: classes.length }, new Random(seed));
  const { cnn, vss } = model.pretrained ?? {};
  if (cnn !== undefined) {
    const encoder = [...(await fromPretrained(cnn))].filter(([name]) => !/^fc\.|num_batches_tracked$/.test(name));
    loadStateDict(network.cnn, new Map(encoder));
  }
  if (vss !== undefined) loadVssEncoder(network.vss, await fromPretrained(vss));
  if (row.forwardOnly) silenceBackward(network);
  return network;
}

/** The architecture of a row but for its classes. */
export function segmenterConfig({ cnn, vss, fusion, decoder }: Config['model'], row: Row): OtMmdSegmenterConfig {
  const { variant, pair, scale, upsampling, forwardOnly } = row;
  return {
    ...channelsOf[pair],
    variant,
    cnn,
    vss,
    fusion: {
      ...fusion,
      ssm: { ...fusion.ssm, ...(forwardOnly && { merge: 'sum' as const }) }, // the mean would halve the one direction that is left
      ...(scale !== undefined && { mmdOptions: { scales: [scale] } }),
    },
    decoder: { ...decoder, ...(upsampling && { upsampling }) },
  };
}

/** Leaves of the bidirectional layers the forward direction alone; train with `backwardOutput` held where it is. */
function silenceBackward(network: OtMmdSegmenter): void {
  for (const [name, variable] of parameters(network)) {
    if (backwardOutput.test(name)) tf.tidy(() => variable.assign(tf.zerosLike(variable)));
  }
}
