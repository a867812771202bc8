import * as tf from '@tensorflow/tfjs-core';
import type { Taps } from './sampling.js';

/** The weights of one axis: row i holds what output i takes of each input. */
export interface AxisMix {
  readonly size: number;
  readonly taps: readonly Taps[];
}

/** y[n,i,j,c] = sum over h, w of rows[i,h] columns[j,w] x[n,h,w,c], as two matrix products: its gradient is right by construction. */
export function mixAxes(x: tf.Tensor4D, rows: AxisMix, columns: AxisMix): tf.Tensor4D {
  const [n, h, w, channels] = x.shape;
  const outHeight = rows.taps.length;
  const outWidth = columns.taps.length;
  const mixedRows = tf.matMul(matrixOf(rows), tf.reshape(x, [n, h, w * channels])); // [N,H',W*C]
  const mixed = tf.matMul(matrixOf(columns), tf.reshape(mixedRows, [n * outHeight, w, channels])); // [N*H',W',C]
  return tf.reshape(mixed, [n, outHeight, outWidth, channels]);
}

/** [1,outputs,size], so that it broadcasts over a batch. */
export function matrixOf({ size, taps }: AxisMix): tf.Tensor3D {
  const matrix = new Float32Array(taps.length * size);
  taps.forEach((row, i) => {
    for (const { index, weight } of row) matrix[i * size + index] += weight;
  });
  return tf.tensor3d(matrix, [1, taps.length, size]);
}
