import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { Random } from '../src/random.js';

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

/** Largest |got - want| in units of max(1, max |want|). */
export function deviation(got: tf.Tensor, want: tf.Tensor): number {
  expect(got.shape).toEqual(want.shape);
  const [a, b] = [got.dataSync<'float32'>(), want.dataSync<'float32'>()];
  const scale = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  return a.reduce((largest, value, i) => Math.max(largest, value === b[i] ? 0 : Math.abs(value - b[i])), 0) / scale;
}

export function expectClose(got: tf.Tensor, want: tf.Tensor, tolerance = 1e-5): void {
  expect(deviation(got, want)).toBeLessThan(tolerance);
}

/** The value of f and the gradients of sum(f * cotangent), the cotangent drawn from a fixed seed. */
export function valueAndGradients(f: Op, inputs: tf.Tensor[]): tf.Tensor[] {
  let value: tf.Tensor | undefined;
  const grads = tf.grads((...variables: tf.Tensor[]) => {
    const y = f(...variables);
    value = tf.keep(tf.clone(y));
    return tf.sum(tf.mul(y, normal(y.shape, 17)));
  })(inputs);
  const kept = value as tf.Tensor;
  const result = tf.clone(kept);
  kept.dispose();
  return [result, ...grads];
}

/** Two ways to compute the same agree in value and in all gradients. */
export function expectSameWithGradients(f: Op, reference: Op, inputs: tf.Tensor[], tolerance = 1e-5): void {
  const want = valueAndGradients(reference, inputs);
  valueAndGradients(f, inputs).forEach((got, i) => expectClose(got, want[i], tolerance));
}

/** Normal numbers of a shape, by a seed. */
export function normal<T extends tf.Tensor>(shape: number[], seed: number): T {
  const random = new Random(seed);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape,
  ) as T;
}

/** f leaves nothing behind but its result. */
export function expectOneTensor(f: () => tf.Tensor): void {
  const before = tf.memory().numTensors;
  const result = f();
  expect(tf.memory().numTensors).toBe(before + 1);
  result.dispose();
}
