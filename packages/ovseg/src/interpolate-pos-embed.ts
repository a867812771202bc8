import * as tf from '@tensorflow/tfjs-core';
import { bicubicTaps, mixAxes, type AxisMix } from '@rs/nn';

export interface InterpolatePosEmbedOptions {
  readonly style: 'clip' | 'dino'; // how a row of the result is found among those of the embedding
  readonly rows: number;
  readonly cols: number;
}

/**
 * Position embeddings of an n x n grid of patches for a grid of another size, bicubic (a = -0.75, edges repeated); that of the class
 * token, the first, stays. With 'clip' the grids lie over each other as areas; with 'dino' the wanted grid counts as 0.1 larger than it is:
 *
 *     clip: source = (i + 0.5) n / rows - 0.5,     dino: source = (i + 0.5) n / (rows + 0.1) - 0.5
 *
 * and an n x n grid is left as it is.
 *
 * @param posEmbed [1+n^2,D] or [1,1+n^2,D]
 * @returns [1+rows cols,D] or [1,1+rows cols,D]
 * @throws RangeError when the embedding is not that of a square grid, or rows and cols are not positive integers
 */
export function interpolatePosEmbed<T extends tf.Tensor2D | tf.Tensor3D>(
  posEmbed: T,
  { style, rows, cols }: InterpolatePosEmbedOptions,
): T {
  const [tokens, dim] = posEmbed.shape.slice(-2);
  const side = Math.round(Math.sqrt(tokens - 1));
  if (side < 1 || side ** 2 + 1 !== tokens || (posEmbed.rank === 3 && posEmbed.shape[0] !== 1)) {
    throw new RangeError(`interpolatePosEmbed: posEmbed must have shape [1+n^2,D] or [1,1+n^2,D], got [${posEmbed.shape}]`);
  }
  if (![rows, cols].every((size) => Number.isInteger(size) && size > 0)) {
    throw new RangeError(`interpolatePosEmbed: rows and cols must be positive integers, got ${rows} and ${cols}`);
  }
  return tf.tidy(() => {
    if (rows === side && cols === side) return tf.clone(posEmbed);
    const along = (outputs: number): AxisMix => ({
      size: side,
      taps: Array.from({ length: outputs }, (_, i) => bicubicTaps(i, side, style === 'dino' ? outputs + 0.1 : outputs, false)),
    });
    const flat = tf.reshape(posEmbed, [tokens, dim]);
    const grid = tf.reshape(tf.slice(flat, 1), [1, side, side, dim]) as tf.Tensor4D;
    const resized = tf.reshape(mixAxes(grid, along(rows), along(cols)), [rows * cols, dim]);
    const whole = tf.concat([tf.slice(flat, 0, 1), resized]);
    return tf.reshape(whole, posEmbed.rank === 3 ? [1, 1 + rows * cols, dim] : [1 + rows * cols, dim]) as T;
  });
}
