import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '../assert-shape.js';
import type { Init } from '../init.js';
import { attend, splitHeads, splitQkv, type AttendInputs } from '../ops/attend.js';
import { linear } from '../ops/linear.js';
import { Linear } from './linear.js';

export interface MultiHeadAttentionConfig {
  readonly embedDim: number; // C
  readonly numHeads: number; // must divide embedDim
  readonly projections?: 'joint' | 'split'; // one input weight for queries, keys and values, or one each; default joint
}

/**
 * Self-attention, Vaswani et al. 2017, eq. (1) and section 3.2.2, with the parameters of PyTorch's MultiheadAttention:
 *     y = concat_h(softmax(q_h k_h^T / sqrt(d) + mask) v_h) W_out + b_out, d = C / numHeads
 * Both biases start at 0 as there; for its input weights too use `xavierUniformInit`.
 */
export class MultiHeadAttention {
  readonly torchLayout = { inProjWeight: [1, 0], qProjWeight: [1, 0], kProjWeight: [1, 0], vProjWeight: [1, 0] } as const;
  readonly inProjWeight?: tf.Variable<tf.Rank.R2>; // joint: [C,3C] -> (3C,C), queries, keys, values
  readonly qProjWeight?: tf.Variable<tf.Rank.R2>; // split: [C,C]
  readonly kProjWeight?: tf.Variable<tf.Rank.R2>;
  readonly vProjWeight?: tf.Variable<tf.Rank.R2>;
  readonly inProjBias: tf.Variable<tf.Rank.R1>; // [3C]
  readonly outProj: Linear; // [C,C]
  readonly #numHeads: number;

  constructor({ embedDim, numHeads, projections = 'joint' }: MultiHeadAttentionConfig, init: Init) {
    if (embedDim % numHeads !== 0) {
      throw new RangeError(`MultiHeadAttention: numHeads must divide embedDim (${embedDim}), got ${numHeads}`);
    }
    const zeroBias: Init = { weight: (shape, fans) => init.weight(shape, fans), bias: (shape) => tf.zeros(shape) };
    const weight = (outputs: number): tf.Variable<tf.Rank.R2> =>
      tf.tidy(() => tf.variable(init.weight([embedDim, outputs], { fanIn: embedDim, fanOut: outputs }) as tf.Tensor2D));
    if (projections === 'joint') this.inProjWeight = weight(3 * embedDim);
    else {
      this.qProjWeight = weight(embedDim);
      this.kProjWeight = weight(embedDim);
      this.vProjWeight = weight(embedDim);
    }
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
    const length = x.shape[1];
    this.checkInput(x);
    if (mask) assertShape('MultiHeadAttention: mask', mask, [length, length]);
    return tf.tidy(() => this.outProj.call(attend({ ...this.project(x), mask })));
  }

  /** The values alone, as if each token looked at itself only: [N,L,C] -> [N,L,C]. Nothing of queries and keys is computed. */
  callValues(x: tf.Tensor3D): tf.Tensor3D {
    this.checkInput(x);
    return tf.tidy(() => {
      const embedDim = this.#embedDim;
      const weight = this.vProjWeight ?? tf.slice2d(this.inProjWeight!, [0, 2 * embedDim], [embedDim, embedDim]);
      return this.outProj.call(linear({ x, weight, bias: tf.slice1d(this.inProjBias, 2 * embedDim, embedDim) }));
    });
  }

  /** Queries, keys and values by head. */
  private project(x: tf.Tensor3D): Pick<AttendInputs, 'queries' | 'keys' | 'values'> {
    if (this.inProjWeight) return splitQkv(linear({ x, weight: this.inProjWeight, bias: this.inProjBias }), this.#numHeads);
    const biases = tf.split<tf.Tensor1D>(this.inProjBias, 3);
    const [queries, keys, values] = [this.qProjWeight!, this.kProjWeight!, this.vProjWeight!].map((weight, i) =>
      splitHeads(linear({ x, weight, bias: biases[i] }), this.#numHeads),
    );
    return { queries, keys, values };
  }

  private checkInput(x: tf.Tensor3D): void {
    assertShape('MultiHeadAttention: x', x, [null, null, this.#embedDim]);
  }

  get #embedDim(): number {
    return this.outProj.weight.shape[0];
  }
}
