import { readValues, type HostArray, type Values } from './host-array.js';

/**
 * The most likely class of each pixel; a tie goes to the lowest id.
 *
 * @param logits [N,H,W,K] (or any [...,K]) scores or probabilities
 * @returns [N,H,W] int32
 * @throws RangeError when a pixel's scores hold NaN
 */
export function argmaxLabels(logits: HostArray): { readonly shape: readonly number[]; readonly data: Int32Array } {
  const { shape, data } = readValues('argmaxLabels: logits', logits);
  const numClasses = shape[shape.length - 1];
  if (!(numClasses > 0)) throw new RangeError(`argmaxLabels: logits must have shape [...,K] with K > 0, got [${shape}]`);
  const labels = new Int32Array(data.length / numClasses);
  for (let i = 0; i < labels.length; i++) labels[i] = argmaxAt('argmaxLabels: logits', data, i * numClasses, numClasses);
  return { shape: shape.slice(0, -1), data: labels };
}

/** The class of the largest of the K scores that start at `offset`. */
export function argmaxAt(argument: string, data: Values['data'], offset: number, numClasses: number): number {
  let best = 0;
  for (let k = 0; k < numClasses; k++) {
    const score = data[offset + k];
    if (score > data[offset + best]) best = k;
    else if (score !== score) throw new RangeError(`${argument} must not hold NaN, got NaN at pixel ${offset / numClasses}, class ${k}`);
  }
  return best;
}
