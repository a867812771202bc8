import * as tf from '@tensorflow/tfjs-core';

/** [L,L] for attention: 0 where position i may look at position j <= i, -Infinity above the diagonal. */
export function causalMask(length: number): tf.Tensor2D {
  const mask = new Float32Array(length * length);
  for (let i = 0; i < length; i++) mask.fill(-Infinity, i * length + i + 1, (i + 1) * length);
  return tf.tensor2d(mask, [length, length]);
}
