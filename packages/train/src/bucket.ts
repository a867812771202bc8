import * as tf from '@tensorflow/tfjs-core';

/**
 * Parameters that move together, laid end to end: an update of some hundred small tensors costs as many operations as one. Their
 * group and number of updates so far are the same.
 */
export interface Bucket {
  readonly names: readonly string[];
  readonly slots: readonly tf.Tensor1D[]; // of the update rule, each as long as all parameters of the bucket
}

const bucketSize = 2 ** 20; // values; a larger parameter has a bucket of its own, so that no copy is much larger than a parameter

/** Names by their key, in order, cut into buckets of limited size. Depends on nothing else, so that a resumed run cuts alike. */
export function partition(names: Iterable<string>, keyOf: (name: string) => string, sizeOf: (name: string) => number): string[][] {
  const open = new Map<string, { names: string[]; size: number }>();
  const parts: string[][] = [];
  for (const name of names) {
    const size = sizeOf(name);
    const key = keyOf(name);
    let bucket = open.get(key);
    if (!bucket || bucket.size + size > bucketSize) {
      bucket = { names: [], size: 0 };
      open.set(key, bucket);
      parts.push(bucket.names);
    }
    bucket.names.push(name);
    bucket.size += size;
  }
  return parts;
}

/** Tensors laid end to end. */
export function laid(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  const flat = tensors.map((tensor) => tf.reshape(tensor, [tensor.size]) as tf.Tensor1D);
  return flat.length === 1 ? flat[0] : tf.concat1d(flat);
}

/** The way back: the pieces of a flat tensor in the given shapes. */
export function cut(flat: tf.Tensor, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  const sizes = shapes.map((shape) => tf.util.sizeFromShape([...shape]));
  const pieces = shapes.length === 1 ? [flat] : tf.split(flat, sizes);
  return pieces.map((piece, i) => tf.reshape(piece, [...shapes[i]]));
}
