import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import { linear } from '../ops/linear.js';
import { softmax } from '../ops/softmax.js';
import { Linear } from './linear.js';

export interface MultiHeadAttentionConfig {
  readonly embedDim: number; // C
  readonly numHeads: number; // must divide embedDim
}

/**
 * Self-attention, Vaswani et al. 2017, eq. (1) and section 3.2.2, with the parameters of PyTorch's MultiheadAttention:
 *     y = concat_h(softmax(q_h k_h^T / sqrt(d) + mask) v_h) W_out + b_out, d = C / numHeads
 * Both biases start at 0 as there; for its input weights too use `xavierUniformInit`.
 */
export class MultiHeadAttention {
  readonly torchLayout = { inProjWeight: [1, 0] } as const; // [C,3C] -> (3C,C)
  readonly inProjWeight: tf.Variable<tf.Rank.R2>; // [C,3C]: queries, keys, values
  readonly inProjBias: tf.Variable<tf.Rank.R1>; // [3C]
  readonly outProj: Linear; // [C,C]
  readonly #numHeads: number;

  constructor({ embedDim, numHeads }: MultiHeadAttentionConfig, init: Init) {
    if (embedDim % numHeads !== 0) {
      throw new RangeError(`MultiHeadAttention: numHeads must divide embedDim (${embedDim}), got ${numHeads}`);
    }
    const zeroBias: Init = { weight: (shape, fans) => init.weight(shape, fans), bias: (shape) => tf.zeros(shape) };
    const fans = { fanIn: embedDim, fanOut: 3 * embedDim };
    this.inProjWeight = tf.tidy(() => tf.variable(init.weight([embedDim, 3 * embedDim], fans) as tf.Tensor2D));
    this.inProjBias = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([3 * embedDim])));
    this.outProj = new Linear({ inFeatures: embedDim, outFeatures: embedDim }, zeroBias);
    this.#numHeads = numHeads;
  }

  /**
   * [N,L,C] -> [N,L,C]
   *
   * @param mask [L,L], added to the logits: 0 where query i may look at key j, -Infinity where not
   */
  call(x: tf.Tensor3D, mask?: tf.Tensor2D): tf.Tensor3D {
    const [n, length] = x.shape;
    const embedDim = this.inProjWeight.shape[0];
    const headDim = embedDim / this.#numHeads;
    assertShape('MultiHeadAttention: x', x, [null, null, embedDim]);
    if (mask) assertShape('MultiHeadAttention: mask', mask, [length, length]);
    return tf.tidy(() => {
      const projected = linear({ x, weight: this.inProjWeight, bias: this.inProjBias }); // [N,L,3C]
      const heads = tf.transpose(tf.reshape(projected, [n, length, 3, this.#numHeads, headDim]), [2, 0, 3, 1, 4]);
      const [queries, keys, values] = tf.unstack(heads, 0) as tf.Tensor4D[]; // [N,heads,L,d]
      const logits = tf.matMul(tf.mul(queries, 1 / Math.sqrt(headDim)), keys, false, true); // [N,heads,L,L]
      const weights = softmax(mask ? tf.add(logits, mask) : logits);
      const mixed = tf.transpose(tf.matMul(weights, values), [0, 2, 1, 3]); // [N,L,heads,d]
      return this.outProj.call(tf.reshape(mixed, [n, length, embedDim])) as tf.Tensor3D;
    });
  }
}
