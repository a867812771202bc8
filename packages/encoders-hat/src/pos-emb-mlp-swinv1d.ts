import * as tf from '@tensorflow/tfjs-core';
import { assertShape, type Init } from '@rs/nn';
import { CpbMlp } from './cpb-mlp.js';

export interface PosEmbMLPSwinv1DConfig {
  readonly dim: number; // C
  readonly rank: 1 | 2; // tokens on a line, or on a square grid, row by row
  readonly conv?: boolean; // the layers are 1x1 Conv1d in a checkpoint; default false
}

/**
 * Adds an MLP of its position to each token, as FasterViT (Hatamizadeh et al. 2024) does:
 *
 *     y = x + cpbMlp((i - c) / c),   c = floor(length / 2) of an axis, i = 0 .. length - 1
 */
export class PosEmbMLPSwinv1D {
  readonly cpbMlp: CpbMlp;
  readonly #dim: number;
  readonly #rank: 1 | 2;

  constructor({ dim, rank, conv }: PosEmbMLPSwinv1DConfig, init: Init) {
    this.#dim = dim;
    this.#rank = rank;
    this.cpbMlp = new CpbMlp({ rank, outFeatures: dim, conv }, init);
  }

  /**
   * [B,N,C] -> [B,N,C]
   *
   * @throws RangeError when the N tokens fill no square (rank 2), or are one: its coordinate would be 0 / 0
   */
  call(x: tf.Tensor3D): tf.Tensor3D {
    assertShape('PosEmbMLPSwinv1D: x', x, [null, null, this.#dim]);
    const tokens = x.shape[1];
    const length = Math.round(tokens ** (1 / this.#rank));
    if (length ** this.#rank !== tokens) throw new RangeError(`PosEmbMLPSwinv1D: x must have a square number of tokens, got ${tokens}`);
    if (length < 2) throw new RangeError(`PosEmbMLPSwinv1D: a grid needs more than one token an axis, got [${x.shape}]`);
    return tf.tidy(() => tf.add(x, tf.expandDims(this.cpbMlp.call(gridCoordinates(length, this.#rank)), 0)));
  }
}

/** [length^rank, rank], each coordinate in [-1, 1]. */
function gridCoordinates(length: number, rank: 1 | 2): tf.Tensor2D {
  const centre = Math.floor(length / 2);
  const axis = Array.from({ length }, (_, i) => (i - centre) / centre);
  return tf.tensor2d(rank === 1 ? axis.map((x) => [x]) : axis.flatMap((y) => axis.map((x) => [y, x])));
}
