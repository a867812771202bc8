import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../with-gradient.js';
import { columnSum } from './column-sum.js';

export interface LayerNormInputs<T extends tf.Tensor> {
  readonly x: T; // [...,C]
  readonly scale: tf.Tensor1D; // [C]
  readonly offset: tf.Tensor1D; // [C]
  readonly epsilon: number;
}

/** Layer normalisation over the last axis, Ba et al. 2016: (x - mean) / sqrt(var + epsilon) * scale + offset. */
export function layerNorm<T extends tf.Tensor>({ x, scale, offset, epsilon }: LayerNormInputs<T>): T {
  const channels = x.shape[x.rank - 1];
  return withGradient({
    inputs: { x: x as tf.Tensor, scale: scale as tf.Tensor, offset: offset as tf.Tensor },
    forward: (save) => {
      const rows = reshaped(x, [-1, channels]);
      const centred = tf.sub(rows, tf.mean(rows, -1, true));
      const inverseStd = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon)); // [R,1]
      const normalised = tf.mul(centred, inverseStd);
      save([normalised, inverseStd, scale]);
      return reshaped(tf.add(tf.mul(normalised, scale), offset), x.shape);
    },
    backward: (dy, [normalised, inverseStd, scale]) => {
      const rows = reshaped(dy, [-1, channels]);
      return {
        // with g = dy * scale: dx = (g - mean(g) - normalised * mean(g * normalised)) / std
        x: () => {
          const meanWeights = tf.reshape(tf.div(scale, channels), [channels, 1]); // the row means as products: one pass each
          const meanG = tf.matMul(rows, meanWeights as tf.Tensor2D);
          const meanGNormalised = tf.matMul(tf.mul(rows, normalised), meanWeights as tf.Tensor2D);
          const projected = tf.sub(tf.sub(tf.mul(rows, scale), meanG), tf.mul(normalised, meanGNormalised));
          return reshaped(tf.mul(projected, inverseStd), x.shape);
        },
        scale: () => columnSum(tf.mul(rows, normalised)),
        offset: () => columnSum(rows),
      };
    },
  }) as T;
}

/** Tokens in a matrix stay as they are: on the native engine a reshape is an op. */
const reshaped = (x: tf.Tensor, shape: number[]): tf.Tensor => (x.rank === shape.length ? x : tf.reshape(x, shape));
