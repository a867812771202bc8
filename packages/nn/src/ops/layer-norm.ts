import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../raw-ops.js';
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
      const [y, normalised, inverseStd] = fused([rows, scale, offset], () => {
        const centred = tf.sub(rows, tf.mean(rows, -1, true));
        const std = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon)); // [R,1]
        const unscaled = tf.mul(centred, std);
        return [tf.add(tf.mul(unscaled, scale), offset), unscaled, std];
      });
      save([normalised, inverseStd, scale]);
      return reshaped(y, x.shape);
    },
    backward: (dy, [normalised, inverseStd, scale]) => {
      const rows = reshaped(dy, [-1, channels]);
      return {
        // with g = dy * scale: dx = (g - mean(g) - normalised * mean(g * normalised)) / std
        x: () => {
          const [dx] = fused([rows, normalised, inverseStd, scale], () => {
            const g = tf.mul(rows, scale);
            const projected = tf.sub(tf.sub(g, tf.mean(g, -1, true)), tf.mul(normalised, tf.mean(tf.mul(g, normalised), -1, true)));
            return [tf.mul(projected, inverseStd)];
          });
          return reshaped(dx, x.shape);
        },
        scale: () => columnSum(tf.mul(rows, normalised)),
        offset: () => columnSum(rows),
      };
    },
  }) as T;
}

/** Tokens in a matrix stay as they are: on the native engine a reshape is an op. */
const reshaped = (x: tf.Tensor, shape: number[]): tf.Tensor => (x.rank === shape.length ? x : tf.reshape(x, shape));
