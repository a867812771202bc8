import * as tf from '@tensorflow/tfjs-core';
import { capture, type NamedTensors } from '@rs/engine';
import { selectiveScan } from '@rs/ot-mmd-fusion';
import type { Work } from '../cases.js';
import type { Prepared } from './prepared.js';
import { uniform } from './random-tensors.js';

/** The selective scan of one sequence and its gradients with respect to all that it takes. */
export function prepareScan({ length, channels, states }: Extract<Work, { kind: 'selective-scan' }>, eager: boolean): Prepared {
  const tokens = (features: number, seed: number): tf.Tensor3D =>
    tf.reshape(uniform([1, length, features, 1], seed), [1, length, features]);
  const inputs = tf.tidy(() => ({
    u: tokens(channels, 1),
    delta: tf.mul<tf.Tensor3D>(tokens(channels, 2), 0.1),
    A: tf.neg(tf.tile(tf.expandDims<tf.Tensor2D>(tf.range(1, states + 1), 0), [channels, 1])),
    B: uniform([1, length, 1, states], 3),
    C: uniform([1, length, 1, states], 4),
    weight: tokens(channels, 5),
  }));
  const call = ({ weight, ...given }: typeof inputs): NamedTensors => {
    const names = Object.keys(given);
    const loss = (u: tf.Tensor, delta: tf.Tensor, A: tf.Tensor, B: tf.Tensor, C: tf.Tensor): tf.Scalar =>
      tf.sum(tf.mul(selectiveScan(u as tf.Tensor3D, delta as tf.Tensor3D, A as tf.Tensor2D, B as tf.Tensor4D, C as tf.Tensor4D).y, weight));
    const { value, grads } = tf.valueAndGrads(loss)([given.u, given.delta, given.A, given.B, given.C]);
    return { value, ...Object.fromEntries(grads.map((gradient, i) => [names[i], gradient])) };
  };
  const captured = capture(call, { eager });
  return {
    run: () => {
      const results = captured(inputs);
      results.value.dataSync();
      tf.dispose(results as tf.TensorContainer);
    },
    dispose: () => {
      captured.dispose();
      tf.dispose(Object.values(inputs));
    },
  };
}
