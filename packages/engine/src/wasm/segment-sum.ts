import type { Tensor, Tensor1D, TypedArray } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Sums the slices of `x` [P,...] that share a segment id into `[numSegments,...]`, which is the gradient of `tf.gather`; ids
 * outside 0..numSegments-1 are dropped. Computed on the host: WebAssembly memory is read without a copy worth counting.
 */
export function unsortedSegmentSum(x: Tensor, segmentIds: Tensor1D, numSegments: number): Tensor {
  const width = x.shape.slice(1).reduce((size, axis) => size * axis, 1);
  const values = x.dataSync() as TypedArray;
  const ids = segmentIds.dataSync();
  const sums = x.dtype === 'int32' ? new Int32Array(numSegments * width) : new Float32Array(numSegments * width);
  for (let p = 0; p < ids.length; p++) {
    if (ids[p] < 0 || ids[p] >= numSegments) continue;
    for (let i = 0; i < width; i++) sums[ids[p] * width + i] += values[p * width + i];
  }
  return tf.tensor(sums, [numSegments, ...x.shape.slice(1)], x.dtype);
}
