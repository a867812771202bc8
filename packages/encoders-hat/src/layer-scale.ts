import * as tf from '@tensorflow/tfjs-core';

/** Learned factors of a residual branch, one a channel, LayerScale of Touvron et al. 2021 (CaiT): [C]. */
export const layerScaleVector = (channels: number, value: number): tf.Variable<tf.Rank.R1> =>
  tf.tidy(() => tf.variable(tf.fill<tf.Rank.R1>([channels], value)));
