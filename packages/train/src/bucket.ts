import * as tf from '@tensorflow/tfjs-core';

/** Parameters laid end to end: an update of some hundred small tensors costs as many operations as one. A large one stands alone. */
export interface Lane {
  readonly names: readonly string[];
  readonly slots: readonly tf.Tensor1D[]; // of the update rule, each as long as all parameters of the lane
}

/** Lanes that move together, in one graph. Their group and number of updates so far are the same. */
export type Bucket = readonly Lane[];

const laneSize = 2 ** 16; // values; a larger parameter has a lane of its own and is not copied
const bucketSize = 2 ** 24; // values; while a bucket moves, old and new values of all of it are in memory

/**
 * Names by their key, cut into buckets of lanes, both of limited size. Lanes of one size are neighbours, because a graph compiles one
 * kernel a size. Depends on nothing else, so that a resumed run cuts alike.
 */
export function partition(names: Iterable<string>, keyOf: (name: string) => string, sizeOf: (name: string) => number): string[][][] {
  const byKey = new Map<string, string[]>();
  for (const name of names) byKey.set(keyOf(name), [...(byKey.get(keyOf(name)) ?? []), name]);
  return [...byKey.values()].flatMap((alike) => {
    const lanes = filled(alike, sizeOf, laneSize).map((lane) => ({ lane, size: lane.reduce((sum, name) => sum + sizeOf(name), 0) }));
    lanes.sort((a, b) => b.size - a.size);
    return filled(lanes, ({ size }) => size, bucketSize).map((bucket) => bucket.map(({ lane }) => lane));
  });
}

/** Items in order, cut where they would be more than `most` together. */
function filled<T>(items: readonly T[], sizeOf: (item: T) => number, most: number): T[][] {
  const parts: T[][] = [];
  let size = Infinity;
  for (const item of items) {
    if (size + sizeOf(item) > most) {
      parts.push([]);
      size = 0;
    }
    parts[parts.length - 1].push(item);
    size += sizeOf(item);
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
