import * as tf from '@tensorflow/tfjs-core';
import { assertShape, dropPath, LayerNorm, mergeWindows, Mlp, partitionWindows, resize, type Init, type Mode } from '@rs/nn';
import { layerScaleVector } from './layer-scale.js';
import { PosEmbMLPSwinv1D } from './pos-emb-mlp-swinv1d.js';
import { WindowAttention } from './window-attention.js';

export interface HatBlockConfig {
  readonly dim: number; // C
  readonly numHeads: number;
  readonly mlpRatio?: number; // hidden width of the MLPs / dim; default 4
  readonly qkvBias?: boolean; // default true
  readonly windowSize: number; // tokens along the side of a window
  readonly srRatio?: Grid; // windows [a, b]; [1, 1]: no carrier tokens; default [1, 1]
  readonly ctSize?: number; // carrier tokens along the side of a window; default 1
  readonly layerScale?: number | null; // first value of the learned factors gamma; null: none; default null
  readonly last?: boolean; // the last block of its stage; default false
  readonly doPropagation?: boolean; // the last block adds the carrier tokens to their windows; default false
  readonly dropPathRate?: number; // default 0
}

/** What a call needs to know. */
interface Geometry {
  readonly dim: number;
  readonly windowSize: number;
  readonly srRatio: Grid;
  readonly ctSize: number;
  readonly propagates: boolean;
  readonly dropPathRate: number;
}

/** Rows and columns of windows. */
export type Grid = readonly [number, number];

export interface HatBlockInputs {
  readonly x: tf.Tensor3D; // [B a b, ws^2, C], windows row by row
  readonly carrierTokens?: tf.Tensor3D; // [B, a b ct^2, C] in the order of the windows; absent: the windows stay to themselves
  readonly grid?: Grid; // [a, b]; default: srRatio
}

export interface HatBlockOutputs {
  readonly x: tf.Tensor3D;
  readonly carrierTokens?: tf.Tensor3D;
}

/**
 * Hierarchical attention, FasterViT (Hatamizadeh et al. 2024); EDC, eq. (1). Carrier tokens t summarise the windows X_w, attend to
 * each other over the whole image, and bring what they learn back to their window:
 *
 *     t = t + gamma1 attention(norm(t)),                t = t + gamma2 mlp(norm(t))
 *     [t_w, X_w] = [t_w, X_w] + gamma3 attention(norm([t_w, X_w])),    ... + gamma4 mlp(norm(...))
 *
 * On grids that are not square the published network reads the raster of carrier tokens back with its axes swapped and gives
 * them no position; so does this, for its weights.
 */
export class HatBlock {
  readonly posEmbed: PosEmbMLPSwinv1D;
  readonly norm1: LayerNorm;
  readonly attn: WindowAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly gamma3?: tf.Variable<tf.Rank.R1>; // [C]
  readonly gamma4?: tf.Variable<tf.Rank.R1>;
  readonly hatNorm1?: LayerNorm; // this and what follows: on carrier tokens
  readonly hatNorm2?: LayerNorm;
  readonly hatAttn?: WindowAttention;
  readonly hatMlp?: Mlp;
  readonly hatPosEmbed?: PosEmbMLPSwinv1D; // of square grids
  readonly gamma1?: tf.Variable<tf.Rank.R1>;
  readonly gamma2?: tf.Variable<tf.Rank.R1>;
  readonly #geometry: Geometry;

  /** @throws RangeError when a window, or the grid of carrier tokens, has one token an axis */
  constructor(config: HatBlockConfig, init: Init) {
    const { dim, numHeads, mlpRatio = 4, qkvBias = true, windowSize, srRatio = [1, 1], ctSize = 1, layerScale = null } = config;
    const { last = false, doPropagation = false, dropPathRate = 0 } = config;
    this.#geometry = { dim, windowSize, srRatio, ctSize, propagates: last && doPropagation, dropPathRate };
    const [rows, columns] = srRatio;
    const hierarchical = rows > 1 || columns > 1;
    const carrierResolution = carrierSide(srRatio, ctSize);
    if (windowSize < 2) throw new RangeError(`HatBlock: windowSize must be at least 2, got ${windowSize}`);
    if (hierarchical && carrierResolution < 2) {
      throw new RangeError(
        `HatBlock: srRatio [${srRatio}] with ctSize ${ctSize} leaves a grid of one carrier token; ctSize must be larger`,
      );
    }
    const hidden = Math.floor(dim * mlpRatio);
    const scale = (): tf.Variable<tf.Rank.R1> | undefined => (layerScale === null ? undefined : layerScaleVector(dim, layerScale));
    this.posEmbed = new PosEmbMLPSwinv1D({ dim, rank: 2 }, init);
    this.norm1 = new LayerNorm({ features: dim });
    this.attn = new WindowAttention({ dim, numHeads, qkvBias, resolution: windowSize }, init);
    this.norm2 = new LayerNorm({ features: dim });
    this.mlp = new Mlp({ dim, hidden }, init);
    this.gamma3 = scale();
    this.gamma4 = scale();
    if (!hierarchical) return;
    this.hatNorm1 = new LayerNorm({ features: dim });
    this.hatNorm2 = new LayerNorm({ features: dim });
    this.hatAttn = new WindowAttention({ dim, numHeads, qkvBias, resolution: carrierResolution }, init);
    this.hatMlp = new Mlp({ dim, hidden }, init);
    if (rows === columns) this.hatPosEmbed = new PosEmbMLPSwinv1D({ dim, rank: 2 }, init);
    this.gamma1 = scale();
    this.gamma2 = scale();
  }

  /** @throws Error when carrier tokens are missing, or come to a block without the parameters for them (see its srRatio) */
  call({ x, carrierTokens, grid = this.#geometry.srRatio }: HatBlockInputs, mode: Mode): HatBlockOutputs {
    const { dim, windowSize, ctSize, propagates } = this.#geometry;
    const windows = grid[0] * grid[1];
    const samples = x.shape[0] / windows;
    assertShape('HatBlock: x', x, [null, windowSize ** 2, dim]);
    if (!Number.isInteger(samples)) throw new RangeError(`HatBlock: x must have a multiple of ${windows} windows, got [${x.shape}]`);
    if (this.hatAttn && windows > 1 && !carrierTokens)
      throw new Error(`HatBlock: carrierTokens must be given on a grid of [${grid}] windows`);
    if (carrierTokens) assertShape('HatBlock: carrierTokens', carrierTokens, [samples, windows * ctSize ** 2, dim]);
    return tf.tidy(() => {
      const positioned = this.posEmbed.call(x);
      if (!carrierTokens) return { x: this.attend(positioned, samples, mode) };
      const carriers = tf.reshape(this.exchange(carrierTokens, grid, mode), [-1, ctSize ** 2, dim]); // [B a b, ct^2, C]
      const together = this.attend(tf.concat([carriers, positioned], 1) as tf.Tensor3D, samples, mode);
      const [newCarriers, tokens] = tf.split(together, [ctSize ** 2, windowSize ** 2], 1) as tf.Tensor3D[];
      return {
        x: propagates ? tf.add<tf.Tensor3D>(tokens, scaled(this.spread(newCarriers), this.gamma1)) : tokens,
        carrierTokens: tf.reshape(newCarriers, carrierTokens.shape) as tf.Tensor3D,
      };
    });
  }

  /** Attention among the carrier tokens of the whole image: [B, a b ct^2, C] -> the same. */
  private exchange(carrierTokens: tf.Tensor3D, grid: Grid, mode: Mode): tf.Tensor3D {
    const { dim, ctSize } = this.#geometry;
    const [rows, columns] = grid;
    const square = rows === columns;
    const { hatNorm1, hatAttn, hatNorm2, hatMlp, hatPosEmbed } = this;
    if (!hatNorm1 || !hatAttn || !hatNorm2 || !hatMlp || (square && !hatPosEmbed)) {
      throw new Error(`HatBlock: no parameters for carrier tokens on a grid of [${grid}] windows, built for [${this.#geometry.srRatio}]`);
    }
    const [samples, tokens] = carrierTokens.shape;
    const windows = tf.reshape(carrierTokens, [-1, ctSize ** 2, dim]) as tf.Tensor3D;
    const raster = tf.reshape(mergeWindows(windows, grid), [samples, tokens, dim]) as tf.Tensor3D;
    let ct = square && hatPosEmbed ? hatPosEmbed.call(raster) : raster;
    ct = this.residual(ct, hatAttn.call(hatNorm1.call(ct), carrierSide(grid, ctSize)), this.gamma1, samples, mode);
    ct = this.residual(ct, hatMlp.call(hatNorm2.call(ct)), this.gamma2, samples, mode);
    const swapped = tf.reshape(ct, [samples, columns * ctSize, rows * ctSize, dim]); // the same image, where the grid is square
    return tf.reshape(partitionWindows(swapped as tf.Tensor4D, ctSize), [samples, tokens, dim]);
  }

  /** Attention among the tokens of each window: [B a b, M, C] -> the same. */
  private attend(tokens: tf.Tensor3D, samples: number, mode: Mode): tf.Tensor3D {
    const mixed = this.residual(tokens, this.attn.call(this.norm1.call(tokens)), this.gamma3, samples, mode);
    return this.residual(mixed, this.mlp.call(this.norm2.call(mixed)), this.gamma4, samples, mode);
  }

  /** x + dropPath(gamma * branch), all windows of a sample dropped together. */
  private residual(x: tf.Tensor3D, branch: tf.Tensor3D, gamma: tf.Tensor | undefined, samples: number, mode: Mode): tf.Tensor3D {
    const rate = this.#geometry.dropPathRate;
    const factored = scaled(branch, gamma);
    if (mode === 'eval' || rate === 0) return tf.add(x, factored);
    const bySample = tf.reshape(factored, [samples, -1]);
    return tf.add(x, tf.reshape(dropPath(bySample, { rate, mode }), x.shape));
  }

  /** The carrier tokens of each window drawn large over it, nearest: [B a b, ct^2, C] -> [B a b, ws^2, C]. */
  private spread(carriers: tf.Tensor3D): tf.Tensor3D {
    const { dim, windowSize, ctSize } = this.#geometry;
    const image = tf.reshape(carriers, [-1, ctSize, ctSize, dim]) as tf.Tensor4D;
    return tf.reshape(resize(image, { size: [windowSize, windowSize], mode: 'nearest' }), [-1, windowSize ** 2, dim]);
  }
}

/** Side of the largest square among the carrier tokens of a grid: the window of their position bias. */
const carrierSide = ([rows, columns]: Grid, ctSize: number): number => Math.floor(Math.sqrt(rows * columns * ctSize ** 2));

const scaled = (branch: tf.Tensor3D, gamma: tf.Tensor | undefined): tf.Tensor3D => (gamma ? tf.mul(branch, gamma) : branch);
