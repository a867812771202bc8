import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, test } from 'vitest';
import { useEngine, type EngineName } from '../src/index.js';

afterAll(async () => {
  await useEngine({ quiet: true });
});

/** Losses of 30 steps of gradient descent of a small network on a fixed task: does the left half outshine the right? */
async function lossCurve(engine?: EngineName): Promise<number[]> {
  await useEngine({ engine, quiet: true });
  const random = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 0.5, 'float32', seed);
  const x = random([8, 8, 8, 3], 1) as tf.Tensor4D;
  const halves = tf.tidy(() => tf.split(tf.sum(x, [1, 3]), 2, 1).map((half) => tf.sum(half, 1)));
  const labels = tf.tidy(() => tf.cast(tf.greater(halves[0], halves[1]), 'float32'));
  const weights = tf.tidy(() => [[3, 3, 3, 8], [3, 3, 8, 2], [256, 1]].map((shape, i) => tf.variable(random(shape, 2 + i)))); // prettier-ignore
  const [convolution, depthwise, linear] = weights;
  const step = (): number =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => {
        const first = tf.relu(tf.conv2d(x, convolution as tf.Tensor as tf.Tensor4D, 2, 'same')); // [8,4,4,8]
        const second = tf.relu(tf.depthwiseConv2d(first, depthwise as tf.Tensor as tf.Tensor4D, 1, 'same')); // [8,4,4,16]
        const logits = tf.reshape(tf.matMul(tf.reshape(second, [8, 256]), linear as tf.Tensor as tf.Tensor2D), [8]);
        return tf.mean(tf.sub(tf.softplus(logits), tf.mul(labels, logits))) as tf.Scalar;
      }, weights);
      for (const weight of weights) weight.assign(tf.sub(weight, tf.mul(grads[weight.name], 0.1)));
      return value.dataSync()[0];
    });
  const losses = Array.from({ length: 30 }, step);
  tf.dispose([x, labels, ...halves, ...weights]);
  return losses;
}

test('a network learns the same on the best engine and on wasm', async () => {
  const best = await lossCurve();
  const wasm = await lossCurve('wasm');
  expect(best[29]).toBeLessThan(best[0] / 2);
  wasm.forEach((loss, i) => expect(Math.abs(loss - best[i]), `step ${i}`).toBeLessThan(1e-4 * (1 + best[i]))); // float32 sums in another order, 30 steps on
});
