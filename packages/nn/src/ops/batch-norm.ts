import * as tf from '@tensorflow/tfjs-core';
import { isNative, rawOps, type Attributes } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';

export interface BatchNormInputs {
  readonly x: tf.Tensor4D; // [N,H,W,C]
  readonly scale: tf.Tensor1D; // [C]
  readonly offset: tf.Tensor1D; // [C]
  readonly runningMean: tf.Tensor1D; // [C]
  readonly runningVariance: tf.Tensor1D; // [C]
  readonly epsilon: number;
}

export interface BatchNormTrainInputs extends BatchNormInputs {
  readonly momentum: number; // weight of the new statistics in the running ones
}

export interface BatchNormTrainOutputs {
  readonly y: tf.Tensor4D;
  readonly runningMean: tf.Tensor1D; // the new one, without gradient
  readonly runningVariance: tf.Tensor1D; // the new one, of the unbiased variance, without gradient
}

/** Batch normalisation by the running statistics: (x - runningMean) / sqrt(runningVariance + epsilon) * scale + offset. */
export function batchNorm(inputs: BatchNormInputs): tf.Tensor4D {
  return isNative() ? nativeBatchNorm(inputs) : plainBatchNorm(inputs);
}

/**
 * Batch normalisation by the statistics of this batch, Ioffe and Szegedy 2015, algorithm 1, and the running statistics after it.
 *
 * @throws RangeError when there is only one value a channel
 */
export function batchNormTrain(inputs: BatchNormTrainInputs): BatchNormTrainOutputs {
  const [n, h, w] = inputs.x.shape;
  if (n * h * w < 2) throw new RangeError(`batchNormTrain: x must have more than one value a channel, got shape [${inputs.x.shape}]`);
  return isNative() ? nativeBatchNormTrain(inputs) : plainBatchNormTrain(inputs);
}

/** The composition in tfjs ops. */
export function plainBatchNorm({ x, scale, offset, runningMean, runningVariance, epsilon }: BatchNormInputs): tf.Tensor4D {
  return tf.tidy(() => {
    const factor = tf.mul(scale, tf.rsqrt(tf.add(runningVariance, epsilon)));
    return tf.add(tf.mul(tf.sub(x, runningMean), factor), offset);
  });
}

/** The composition in tfjs ops. */
export function plainBatchNormTrain(inputs: BatchNormTrainInputs): BatchNormTrainOutputs {
  const { x, scale, offset, epsilon, momentum } = inputs;
  const [n, h, w] = x.shape;
  const values = n * h * w;
  const [y, runningMean, runningVariance] = tf.tidy(() => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const y = tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), scale), offset);
    const updated = (running: tf.Tensor, now: tf.Tensor): tf.Tensor => tf.add(tf.mul(running, 1 - momentum), tf.mul(now, momentum));
    return [y, updated(inputs.runningMean, mean), updated(inputs.runningVariance, tf.mul(variance, values / (values - 1)))];
  }) as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
  return { y, runningMean, runningVariance };
}

/** One TensorFlow op; its gradient is another. */
function nativeBatchNorm({ x, scale, offset, runningMean, runningVariance, epsilon }: BatchNormInputs): tf.Tensor4D {
  return withGradient({
    inputs: { x: x as tf.Tensor, scale: scale as tf.Tensor, offset: offset as tf.Tensor },
    forward: (save) => {
      save([x, scale, runningMean, runningVariance]);
      return rawOps('FusedBatchNormV3', attributes(epsilon, false, 1), [x, scale, offset, runningMean, runningVariance], 6)[0];
    },
    backward: (dy, [x, scale, mean, variance]) => {
      const inverseStd = (): tf.Tensor => tf.rsqrt(tf.add(variance, epsilon));
      const axes = [0, 1, 2];
      return {
        x: () => tf.mul(dy, tf.mul(scale, inverseStd())),
        scale: () => tf.mul(tf.sum(tf.mul(dy, tf.sub(x, mean)), axes), inverseStd()),
        offset: () => tf.sum(dy, axes),
      };
    },
  }) as tf.Tensor4D;
}

function nativeBatchNormTrain(inputs: BatchNormTrainInputs): BatchNormTrainOutputs {
  const { x, scale, offset, epsilon, momentum } = inputs;
  const [y, runningMean, runningVariance] = withGradient({
    inputs: { x: x as tf.Tensor, scale: scale as tf.Tensor, offset: offset as tf.Tensor },
    forward: (save) => {
      const operands = [x, scale, offset, inputs.runningMean, inputs.runningVariance];
      const [y, mean, variance, ...reserved] = rawOps('FusedBatchNormV3', attributes(epsilon, true, momentum), operands, 6);
      save([x, scale, ...reserved]);
      return [y, mean, variance];
    },
    backward: ([dy], [x, scale, ...reserved]) => {
      const operands = [dy, x, scale, ...reserved];
      const { exponential_avg_factor: _, ...gradientAttributes } = attributes(epsilon, true, momentum);
      const [dx, dScale, dOffset] = rawOps('FusedBatchNormGradV3', gradientAttributes, operands, 5);
      return { x: () => dx, scale: () => dScale, offset: () => dOffset };
    },
  });
  return { y: y as tf.Tensor4D, runningMean: runningMean as tf.Tensor1D, runningVariance: runningVariance as tf.Tensor1D };
}

const attributes = (epsilon: number, training: boolean, momentum: number): Attributes => ({
  T: ['type', 'float32'],
  U: ['type', 'float32'],
  epsilon: ['float', epsilon],
  exponential_avg_factor: ['float', momentum],
  data_format: ['string', 'NHWC'],
  is_training: ['bool', training],
});
