import * as tf from '@tensorflow/tfjs-core';
import { completeTensors } from '@rs/experiments';
import { ActivationSparsityAccumulator, EffectiveRankAccumulator, LinearCkaAccumulator, type HostArray } from '@rs/metrics';
import type { Patch } from '../data.js';
import type { EDC } from '../model.js';

/** What Table V says of a network's features. */
export interface Representation {
  readonly tiles: number; // pooled
  readonly positions: number; // of `stage4Cm`, all tiles together: at most so many directions can be told
  readonly erank: number; // of `stage4Cm`
  readonly nerank: number;
  readonly sparsity: number;
  readonly channels: number; // C_d, of `decoderFeatures`
  readonly CKA: number; // of `decoderFeatures` and the head's logits at the same pixels
  readonly singularValues: readonly number[]; // of `stage4Cm`, over the largest, falling
}

/** Pools the features of cloudy tiles, EDC eq. (16)-(19). */
export async function measureRepresentation(model: EDC, batches: AsyncIterable<readonly Patch[]>): Promise<Representation> {
  const rank = new EffectiveRankAccumulator();
  const sparsity = new ActivationSparsityAccumulator();
  const alignment = new LinearCkaAccumulator();
  let [tiles, positions, channels] = [0, 0, 0];
  for await (const batch of batches) {
    const tensors = completeTensors(batch);
    const outputs = model.call({ optical: tensors.cloudy, sar: tensors.sar }, 'eval', { reconstruct: false });
    const { stage4Cm, decoderFeatures, headLogits } = outputs;
    const deepest = onHost(stage4Cm);
    rank.update(deepest);
    sparsity.update(deepest);
    alignment.update(onHost(decoderFeatures), onHost(headLogits));
    tiles += batch.length;
    positions += stage4Cm.size / stage4Cm.shape[3];
    channels = decoderFeatures.shape[3];
    tf.dispose([tensors, outputs] as unknown as tf.TensorContainer);
  }
  const roots = rank.spectrum().map(Math.sqrt);
  const singularValues = roots.map((value) => value / roots[0]);
  return { tiles, positions, ...rank.compute(), sparsity: sparsity.compute(), channels, CKA: alignment.compute(), singularValues };
}

const onHost = (tensor: tf.Tensor4D): HostArray => ({ shape: tensor.shape, data: tensor.dataSync() as Float32Array });
