import * as tf from '@tensorflow/tfjs-core';
import { Random, torchInit, type Init } from '@rs/nn';

/** Seeded normal values of any shape. */
export const normal = <T extends tf.Tensor>(shape: readonly number[], seed: number): T =>
  tf.randomNormal([...shape], 0, 1, 'float32', seed) as tf.Tensor as T;

/** The rows of the first axis in the given order. */
export const reordered = <T extends tf.Tensor>(x: T, order: readonly number[]): T =>
  tf.gather(x as tf.Tensor, tf.tensor1d([...order], 'int32')) as T;

export const apart = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);

export const initOf = (seed: number): Init => torchInit(new Random(seed));

/** Runs a check and frees the tensors made in it. */
export function freeing(check: () => void): void {
  tf.tidy(() => check());
}

/** How many tensors `fn` leaves behind; what it returns is freed. */
export function leftBehind(fn: () => tf.Tensor | Record<string, unknown>): number {
  const before = tf.memory().numTensors;
  tf.dispose(fn() as tf.TensorContainer);
  return tf.memory().numTensors - before;
}
