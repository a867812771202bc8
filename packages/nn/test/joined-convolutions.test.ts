import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { capture } from '@rs/engine';
import { Conv2d, disposeModule, parameters, Random, torchInit } from '../src/index.js';

const x = tf.randomNormal<tf.Rank.R4>([2, 8, 8, 3], 0, 1, 'float32', 1);

test.each([
  ['tf.concat', (maps: tf.Tensor4D[]) => tf.concat(maps, -1)],
  ['tf.stack', (maps: tf.Tensor4D[]) => tf.stack(maps)],
])('biases of convolutions joined by %s have the gradients in a graph that they have op by op', (_, join) => {
  const init = torchInit(new Random(1));
  const layers = [3, 3, 5].map((kernelSize) => new Conv2d({ inChannels: 3, outChannels: 2, kernelSize, padding: kernelSize >> 1 }, init));
  const variables = [...parameters({ layers }).values()];
  const step = (inputs: { x: tf.Tensor4D }): Record<string, tf.Tensor> =>
    tf.variableGrads(() => tf.sum(tf.square(join(layers.map((layer) => layer.call(inputs.x))))), variables).grads;
  const captured = capture(step);
  const [got, want] = [captured({ x }), step({ x })];
  for (const { name } of variables) {
    const [a, b] = [got[name].dataSync(), want[name].dataSync()];
    for (const [i, value] of b.entries()) expect(a[i]).toBeCloseTo(value, 2);
  }
  captured.dispose();
  tf.dispose([got, want]);
  disposeModule({ layers });
});
