import * as tf from '@tensorflow/tfjs-core';

export interface ShiftedWindowsOptions {
  readonly resolution: readonly [number, number]; // [H,W], multiples of the window
  readonly windowSize: number;
  readonly shift: number; // above 0
}

const apart = -100; // added to the logit of a pair that is not to meet

/** Moves a map towards its origin, what leaves coming in again at the far side; negative: away from it. [N,H,W,C] -> [N,H,W,C] */
export function cyclicShift(x: tf.Tensor4D, shift: number): tf.Tensor4D {
  return roll(roll(x, 1, shift), 2, shift);
}

function roll(x: tf.Tensor4D, axis: 1 | 2, shift: number): tf.Tensor4D {
  const size = x.shape[axis];
  const first = ((shift % size) + size) % size;
  const [head, tail] = tf.split<tf.Tensor4D>(x, [first, size - first], axis);
  return tf.concat([tail, head], axis);
}

/**
 * Liu et al. 2021 (Swin Transformer), figure 4: windows of a shifted map hold pixels that were far from each other, which do not look at
 * each other.
 *
 * @returns [windows,L,L], row-major: 0, or -100 for the pairs of different regions
 */
export function shiftMask({ resolution, windowSize, shift }: ShiftedWindowsOptions): Float32Array {
  const region = (position: number, size: number): number => (position < size - windowSize ? 0 : position < size - shift ? 1 : 2);
  const [height, width] = resolution;
  const tokens = windowSize ** 2;
  const columns = width / windowSize;
  const mask = new Float32Array((height / windowSize) * columns * tokens ** 2);
  const regionOf = (window: number, token: number): number => {
    const row = Math.floor(window / columns) * windowSize + Math.floor(token / windowSize);
    const column = (window % columns) * windowSize + (token % windowSize);
    return 3 * region(row, height) + region(column, width);
  };
  for (let i = 0; i < mask.length; i++) {
    const window = Math.floor(i / tokens ** 2);
    if (regionOf(window, Math.floor(i / tokens) % tokens) !== regionOf(window, i % tokens)) mask[i] = apart;
  }
  return mask;
}
