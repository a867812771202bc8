import * as tf from '@tensorflow/tfjs-core';
import { bench, describe } from 'vitest';
import { plainBatchNormTrain, batchNormTrain } from '../src/ops/batch-norm.js';
import { conv2d, plainConv2d } from '../src/ops/conv2d.js';
import { gelu } from '../src/ops/gelu.js';
import { layerNorm } from '../src/ops/layer-norm.js';
import { linear } from '../src/ops/linear.js';
import { plainResize, resize } from '../src/ops/resize.js';
import { softmax } from '../src/ops/softmax.js';

// each op beside its composition in tfjs ops, value and gradients, on the engine that useEngine() gives
const x = tf.randomNormal<tf.Rank.R4>([4, 40, 40, 64], 0, 1, 'float32', 1);
const tokens = tf.reshape(x, [-1, 64]) as tf.Tensor2D;
const [one, zero] = [tf.ones<tf.Rank.R1>([64]), tf.zeros<tf.Rank.R1>([64])];
const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 64, 64], 0, 0.05, 'float32', 2);
const grouped = tf.randomNormal<tf.Rank.R4>([3, 3, 1, 64], 0, 0.3, 'float32', 3);
const weight = tf.randomNormal<tf.Rank.R2>([64, 256], 0, 0.1, 'float32', 4);
const bias = tf.zeros<tf.Rank.R1>([256]);
const running = { runningMean: zero, runningVariance: one, epsilon: 1e-5, momentum: 0.1 };

function compare(
  name: string,
  inputs: tf.Tensor[],
  ours: (...inputs: never[]) => tf.Tensor,
  plain: (...inputs: never[]) => tf.Tensor,
): void {
  const run = (f: (...inputs: never[]) => tf.Tensor) => () =>
    tf.tidy(() => {
      const gradients = tf.grads(f as (...inputs: tf.Tensor[]) => tf.Tensor)(inputs);
      for (const gradient of gradients) gradient.dataSync(); // wait for the values
    });
  describe(name, () => {
    bench('ours', run(ours));
    bench('plain', run(plain));
  });
}

const same = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const;
const depthwise = { stride: [1, 1], padding: [2, 2], dilation: [2, 2], groups: 64 } as const;

compare('gelu 4x40x40x64', [x], (x: tf.Tensor4D) => gelu(x), (x: tf.Tensor4D) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))); // prettier-ignore
compare('softmax 4x40x40x64', [x], (x: tf.Tensor4D) => softmax(x), (x: tf.Tensor4D) => tf.softmax(x)); // prettier-ignore
compare(
  'layerNorm 6400x64',
  [tokens, one, zero],
  (x: tf.Tensor2D, scale: tf.Tensor1D, offset: tf.Tensor1D) => layerNorm({ x, scale, offset, epsilon: 1e-5 }),
  (x: tf.Tensor2D, scale: tf.Tensor1D, offset: tf.Tensor1D) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), offset);
  },
);
compare(
  'batchNormTrain 4x40x40x64',
  [x, one, zero],
  (x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D) => batchNormTrain({ x, scale, offset, ...running }).y,
  (x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D) => plainBatchNormTrain({ x, scale, offset, ...running }).y,
);
compare(
  'linear 6400x64 -> 256',
  [tokens, weight, bias],
  (x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D) => linear({ x, weight, bias }),
  (x: tf.Tensor2D, weight: tf.Tensor2D, bias: tf.Tensor1D) => tf.add(tf.matMul(x, weight), bias),
);
compare(
  'conv2d 3x3 64 -> 64',
  [x, filter],
  (x: tf.Tensor4D, filter: tf.Tensor4D) => conv2d({ x, filter, ...same }),
  (x: tf.Tensor4D, filter: tf.Tensor4D) => plainConv2d(x, filter, same),
);
compare(
  'conv2d 3x3 depthwise, dilated',
  [x, grouped],
  (x: tf.Tensor4D, filter: tf.Tensor4D) => conv2d({ x, filter, ...depthwise }),
  (x: tf.Tensor4D, filter: tf.Tensor4D) => plainConv2d(x, filter, depthwise),
);
compare(
  'resize bilinear x2',
  [x],
  (x: tf.Tensor4D) => resize(x, { size: [80, 80], mode: 'bilinear' }),
  (x: tf.Tensor4D) => plainResize(x, { size: [80, 80], mode: 'bilinear' }),
);
