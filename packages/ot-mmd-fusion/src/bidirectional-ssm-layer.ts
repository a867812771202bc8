import * as tf from '@tensorflow/tfjs-core';
import { assertShape, LayerNorm, Linear, type Init } from '@rs/nn';
import { CausalConv1d } from './causal-conv1d.js';
import { RmsNorm } from './rms-norm.js';
import { recurrence } from './selective-scan-recurrence.js';
import { silu } from './silu.js';
import { softplus } from './softplus.js';
import { initialRates, initialSkips, stepSizeInit } from './state-space-init.js';

export interface BidirectionalSsmLayerConfig {
  readonly dim: number;
  readonly stateSize?: number; // N; default 16
  readonly expand?: number; // width inside / dim; default 2
  readonly convKernel?: number; // tokens that the causal convolution sees; default 4
  readonly dtRank?: number; // default ceil(dim / 16)
  readonly norm?: 'layer' | 'rms'; // default layer
  readonly merge?: 'mean' | 'sum'; // of the two directions; default mean
}

/**
 * The bidirectional state-space layer of Vision Mamba (Zhu et al. 2024, "v2"): a selective scan from each end of the sequence with
 * parameters of its own (those of the backward one end in _b), between projections that both share. `A_log`, `A_b_log`, `D` and `D_b` are
 * trained without weight decay.
 *
 *     [u, z] = in_proj(norm(x)),   out = x + out_proj(mean(scan(u), scan_b(u)) * silu(z))
 */
export class BidirectionalSsmLayer {
  readonly norm: LayerNorm | RmsNorm;
  readonly inProj: Linear;
  readonly conv1d: CausalConv1d;
  readonly conv1dB: CausalConv1d;
  readonly xProj: Linear;
  readonly xProjB: Linear;
  readonly dtProj: Linear;
  readonly dtProjB: Linear;
  readonly A_log: tf.Variable<tf.Rank.R2>; // [inner,N]
  readonly A_b_log: tf.Variable<tf.Rank.R2>; // [inner,N]
  readonly D: tf.Variable<tf.Rank.R1>; // [inner]
  readonly D_b: tf.Variable<tf.Rank.R1>; // [inner]
  readonly outProj: Linear;
  readonly #config: Required<Pick<BidirectionalSsmLayerConfig, 'dim' | 'stateSize' | 'dtRank' | 'merge'>>;

  constructor(
    {
      dim,
      stateSize = 16,
      expand = 2,
      convKernel = 4,
      dtRank = Math.ceil(dim / 16),
      norm = 'layer',
      merge = 'mean',
    }: BidirectionalSsmLayerConfig,
    init: Init,
  ) {
    this.#config = { dim, stateSize, dtRank, merge };
    const inner = expand * dim;
    const linear = (inFeatures: number, outFeatures: number): Linear => new Linear({ inFeatures, outFeatures, bias: false }, init);
    const steps = (): Linear => new Linear({ inFeatures: dtRank, outFeatures: inner }, stepSizeInit(init));
    const conv = (): CausalConv1d => new CausalConv1d({ channels: inner, kernelSize: convKernel }, init);
    this.norm = norm === 'layer' ? new LayerNorm({ features: dim }) : new RmsNorm({ features: dim });
    this.inProj = linear(dim, 2 * inner);
    this.conv1d = conv();
    this.conv1dB = conv();
    this.xProj = linear(inner, dtRank + 2 * stateSize);
    this.xProjB = linear(inner, dtRank + 2 * stateSize);
    this.dtProj = steps();
    this.dtProjB = steps();
    this.A_log = initialRates(inner, stateSize);
    this.A_b_log = initialRates(inner, stateSize);
    this.D = initialSkips(inner);
    this.D_b = initialSkips(inner);
    this.outProj = linear(inner, dim);
  }

  /**
   * [B,L,dim] -> [B,L,dim]
   *
   * @throws RangeError when tokens have another width, or there is none
   */
  call(tokens: tf.Tensor3D): tf.Tensor3D {
    const { dim, stateSize, dtRank, merge } = this.#config;
    assertShape('BidirectionalSsmLayer: tokens', tokens, [null, null, dim]);
    if (tokens.shape[1] === 0) throw new RangeError('BidirectionalSsmLayer: tokens must hold at least one token, got 0');
    return tf.tidy(() => {
      const [inputs, gate] = tf.split(this.inProj.call(this.norm.call(tokens)), 2, 2) as tf.Tensor3D[]; // [B,L,inner]
      const prepared = (x: tf.Tensor3D, conv: CausalConv1d, xProj: Linear, dtProj: Linear): tf.Tensor[] => {
        const u = silu(conv.call(x));
        const [steps, B, C] = tf.split(xProj.call(u), [dtRank, stateSize, stateSize], 2) as tf.Tensor3D[];
        return [u, softplus(dtProj.call(steps)), B, C];
      };
      const forward = prepared(inputs, this.conv1d, this.xProj, this.dtProj);
      const backward = prepared(tf.reverse(inputs, 1), this.conv1dB, this.xProjB, this.dtProjB);
      const [u, delta, B, C] = forward.map((x, i) => tf.stack([x, backward[i]])) as tf.Tensor4D[]; // both directions as two groups
      const rates = tf.transpose(tf.stack([this.A_log, this.A_b_log]), [0, 2, 1]) as tf.Tensor3D; // [2,N,inner]
      const { y } = recurrence({ u, delta, A: tf.neg(tf.exp(rates)), B, C });
      const skips = tf.reshape(tf.stack([this.D, this.D_b]), [2, 1, 1, -1]);
      const [there, back] = tf.unstack(tf.add(y, tf.mul(u, skips))) as tf.Tensor3D[];
      const sum = tf.add(there, tf.reverse(back, 1));
      const merged = merge === 'mean' ? tf.mul(sum, 0.5) : sum;
      return tf.add(tokens, this.outProj.call(tf.mul(merged, silu(gate))));
    });
  }
}
