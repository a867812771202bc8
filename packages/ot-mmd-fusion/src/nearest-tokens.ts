import * as tf from '@tensorflow/tfjs-core';
import { directions } from './cosine-cost.js';

const largestBlock = 2 ** 22; // similarities held at a time, 16 MiB

/**
 * For each token of x the most similar of y by the cosine, the first of equal ones: the row argmin of `cosineCost`, whose matrix it holds only
 * in blocks of rows. x [B,n,d], y [B,m,d] -> int32 [B,n]
 */
export function nearestTokens(x: tf.Tensor3D, y: tf.Tensor3D, eps: number): tf.Tensor2D {
  const [batch, length, features] = x.shape;
  const rows = Math.max(1, Math.floor(largestBlock / (batch * y.shape[1])));
  return tf.tidy(() => {
    const [from, to] = [directions(x, eps), directions(y, eps)];
    const blocks: tf.Tensor2D[] = [];
    for (let start = 0; start < length; start += rows) {
      const size = Math.min(rows, length - start);
      blocks.push(tf.tidy(() => {
        const block = size === length ? from : tf.slice(from, [0, start, 0], [batch, size, features]);
        return tf.argMax<tf.Tensor2D>(tf.matMul(block, to, false, true), -1);
      })); // prettier-ignore
    }
    return blocks.length === 1 ? blocks[0] : tf.concat(blocks, 1);
  });
}
