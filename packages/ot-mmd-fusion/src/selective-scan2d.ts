import * as tf from '@tensorflow/tfjs-core';
import { assertShape, Conv2d, LayerNorm, Linear, type Init } from '@rs/nn';
import { recurrence } from './selective-scan-recurrence.js';
import { silu } from './silu.js';
import { softplus } from './softplus.js';
import { initialRates, initialSkips, stepSizeInit } from './state-space-init.js';

export interface SelectiveScan2dConfig {
  readonly dim: number;
  readonly stateSize?: number; // N; default 16
  readonly expand?: number; // width inside / dim; default 2
  readonly convKernel?: number; // odd; default 3
  readonly dtRank?: number; // default ceil(dim / 16)
}

/** First values: of linear layers, and of everything else that is drawn. */
export interface StateSpaceInit {
  readonly linear: Init;
  readonly other: Init;
}

const directions = 4; // by rows, by columns, and both from the end

/**
 * VMamba's SS2D, Liu et al. 2024: selective scans over a map along four paths, each with parameters of its own, summed. `A_logs` and `Ds`
 * are trained without weight decay.
 *
 *     [u, z] = in_proj(x),   y = out_proj(norm(sum_k scan_k(silu(conv2d(u)))) * silu(z))
 */
export class SelectiveScan2d {
  readonly torchLayout = { xProjWeight: [0, 2, 1], dtProjsWeight: [0, 2, 1] } as const;
  readonly inProj: Linear;
  readonly conv2d: Conv2d;
  readonly xProjWeight: tf.Variable<tf.Rank.R3>; // [4,inner,dtRank+2N]
  readonly dtProjsWeight: tf.Variable<tf.Rank.R3>; // [4,dtRank,inner]
  readonly dtProjsBias: tf.Variable<tf.Rank.R2>; // [4,inner]
  readonly A_logs: tf.Variable<tf.Rank.R2>; // [4 inner,N]
  readonly Ds: tf.Variable<tf.Rank.R1>; // [4 inner]
  readonly outNorm: LayerNorm;
  readonly outProj: Linear;
  readonly #dim: number;

  /** @throws RangeError when convKernel is even */
  constructor(
    { dim, stateSize = 16, expand = 2, convKernel = 3, dtRank = Math.ceil(dim / 16) }: SelectiveScan2dConfig,
    init: Init | StateSpaceInit,
  ) {
    if (convKernel % 2 === 0) throw new RangeError(`SelectiveScan2d: convKernel must be odd, got ${convKernel}`);
    const { linear, other } = 'linear' in init ? init : { linear: init, other: init };
    const inner = expand * dim;
    const projected = dtRank + 2 * stateSize;
    const steps = stepSizeInit(other);
    this.#dim = dim;
    this.inProj = new Linear({ inFeatures: dim, outFeatures: 2 * inner, bias: false }, linear);
    this.conv2d = new Conv2d(
      { inChannels: inner, outChannels: inner, kernelSize: convKernel, padding: (convKernel - 1) / 2, groups: inner },
      other,
    );
    const drawn = <T extends tf.Tensor>(draw: () => tf.Tensor): tf.Variable<T extends tf.Tensor<infer R> ? R : never> =>
      tf.tidy(() => tf.variable(draw() as never));
    this.xProjWeight = drawn<tf.Tensor3D>(() => other.weight([directions, inner, projected], { fanIn: inner, fanOut: projected }));
    const stepFans = { fanIn: dtRank, fanOut: inner };
    this.dtProjsWeight = drawn<tf.Tensor3D>(() => steps.weight([directions, dtRank, inner], stepFans));
    this.dtProjsBias = drawn<tf.Tensor2D>(() => steps.bias([directions, inner], stepFans));
    this.A_logs = initialRates(directions * inner, stateSize);
    this.Ds = initialSkips(directions * inner);
    this.outNorm = new LayerNorm({ features: inner });
    this.outProj = new Linear({ inFeatures: inner, outFeatures: dim, bias: false }, linear);
  }

  /** [N,H,W,dim] -> [N,H,W,dim] */
  call(x: tf.Tensor4D): tf.Tensor4D {
    assertShape('SelectiveScan2d: x', x, [null, null, null, this.#dim]);
    return tf.tidy(() => {
      const [inputs, gate] = tf.split(this.inProj.call(x), 2, 3) as tf.Tensor4D[]; // [N,H,W,inner]
      const scanned = this.scan(silu(this.conv2d.call(inputs)));
      return this.outProj.call(tf.mul(this.outNorm.call(scanned), silu(gate)));
    });
  }

  /** The sum over the four paths. [N,H,W,inner] -> [N,H,W,inner] */
  private scan(map: tf.Tensor4D): tf.Tensor4D {
    const [batch, height, width, inner] = map.shape;
    const length = height * width;
    const states = this.A_logs.shape[1];
    const dtRank = this.dtProjsWeight.shape[1];
    const byRows = tf.reshape<tf.Rank.R3>(map, [batch, length, inner]);
    const byColumns = tf.reshape<tf.Rank.R3>(tf.transpose(map, [0, 2, 1, 3]), [batch, length, inner]);
    const u = tf.stack([byRows, byColumns, tf.reverse(byRows, 1), tf.reverse(byColumns, 1)]) as tf.Tensor4D; // [4,N,L,inner]
    const projected = tf.matMul(tf.reshape<tf.Rank.R3>(u, [directions, batch * length, inner]), this.xProjWeight);
    const [steps, B, C] = tf.split(projected, [dtRank, states, states], 2) as tf.Tensor3D[];
    const delta = softplus(tf.add(tf.matMul(steps, this.dtProjsWeight), tf.expandDims(this.dtProjsBias, 1)));
    const sequences = (tokens: tf.Tensor, features: number): tf.Tensor4D => tf.reshape(tokens, [directions, batch, length, features]);
    const rates = tf.transpose(tf.reshape<tf.Rank.R3>(this.A_logs, [directions, inner, states]), [0, 2, 1]); // [4,N,inner]
    const { y } = recurrence({
      u,
      delta: sequences(delta, inner),
      A: tf.neg(tf.exp(rates)),
      B: sequences(B, states),
      C: sequences(C, states),
    });
    const paths = tf.add(y, tf.mul(u, tf.reshape(this.Ds, [directions, 1, 1, inner])));
    const [rows, columns, rowsBack, columnsBack] = tf.unstack(paths) as tf.Tensor3D[];
    const acrossRows = tf.reshape<tf.Rank.R4>(tf.add(rows, tf.reverse(rowsBack, 1)), map.shape);
    const acrossColumns = tf.reshape<tf.Rank.R4>(tf.add(columns, tf.reverse(columnsBack, 1)), [batch, width, height, inner]);
    return tf.add(acrossRows, tf.transpose(acrossColumns, [0, 2, 1, 3]));
  }
}
