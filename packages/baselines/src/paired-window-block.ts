import * as tf from '@tensorflow/tfjs-core';
import {
  Conv2d,
  dropPath,
  gatherRows,
  joinHeads,
  LayerNorm,
  Linear,
  mergeWindows,
  Mlp,
  partitionWindows,
  softmax,
  splitQkv,
  type Init,
  type Mode,
} from '@rs/nn';

export type MapPair = [optical: tf.Tensor4D, sar: tf.Tensor4D]; // both [N,H,W,C]

export interface PairedWindowBlockConfig {
  readonly dim: number;
  readonly numHeads: number; // must divide dim
  readonly windowSize: number;
  readonly shifted: boolean; // windows lie half a window further, as in every second block of Swin
  readonly mlpRatio: number;
  readonly normFirst: boolean; // a layer norm before the attention
  readonly dropPathRate?: number; // default 0
}

/**
 * A block of Swin, Liu et al. 2021, for two modalities. SAR guides which optical pixels belong together, Xu et al. 2022 (GLF-CR), eq. (5)-(7):
 * the optical attention moves towards that of SAR where a gate on their difference opens.
 */
export class PairedWindowBlock {
  readonly norm1?: LayerNorm;
  readonly norm1Sar?: LayerNorm;
  readonly attn: GuidedWindowAttention;
  readonly norm2: LayerNorm;
  readonly norm2Sar: LayerNorm;
  readonly mlp: Mlp;
  readonly mlpSar: Mlp;
  readonly #config: PairedWindowBlockConfig;

  constructor(config: PairedWindowBlockConfig, init: Init) {
    const { dim, numHeads, windowSize, mlpRatio, normFirst } = config;
    const norm = (): LayerNorm => new LayerNorm({ features: dim });
    if (normFirst) [this.norm1, this.norm1Sar] = [norm(), norm()];
    this.attn = new GuidedWindowAttention({ dim, numHeads, windowSize }, init);
    [this.norm2, this.norm2Sar] = [norm(), norm()];
    this.mlp = new Mlp({ dim, hidden: Math.floor(mlpRatio * dim) }, init);
    this.mlpSar = new Mlp({ dim, hidden: Math.floor(mlpRatio * dim) }, init);
    this.#config = config;
  }

  /** Height and width are multiples of windowSize. */
  call([optical, sar]: MapPair, mode: Mode): MapPair {
    const dropped = (x: tf.Tensor4D): tf.Tensor4D => dropPath(x, { rate: this.#config.dropPathRate ?? 0, mode });
    const attended = this.attended([this.norm1?.call(optical) ?? optical, this.norm1Sar?.call(sar) ?? sar]);
    const [x, y] = [tf.add<tf.Tensor4D>(optical, dropped(attended[0])), tf.add<tf.Tensor4D>(sar, dropped(attended[1]))];
    return [
      tf.add(x, dropped(this.mlp.call(this.norm2.call(x)))), //
      tf.add(y, dropped(this.mlpSar.call(this.norm2Sar.call(y)))),
    ];
  }

  private attended(maps: MapPair): MapPair {
    const [, h, w] = maps[0].shape;
    const { windowSize, shifted } = this.#config;
    const shift = shifted && Math.min(h, w) > windowSize ? Math.floor(windowSize / 2) : 0;
    const windows = maps.map((x) => partitionWindows(rolled(x, shift), windowSize)) as [tf.Tensor3D, tf.Tensor3D];
    const mask = shift > 0 ? seamMask({ h, w, windowSize, shift }) : undefined;
    const mixed = this.attn.call(windows, mask);
    const [optical, sar] = mixed.map((x) => rolled(mergeWindows(x, [h / windowSize, w / windowSize]), -shift));
    return [optical, sar];
  }
}

/** Moves the map by `shift` pixels up and to the left, what leaves at one side enters at the other; a negative shift moves back. */
function rolled(x: tf.Tensor4D, shift: number): tf.Tensor4D {
  if (shift === 0) return x;
  return [1, 2].reduce((map, axis) => {
    const size = map.shape[axis];
    const first = (shift + size) % size;
    const [start, end] = tf.split(map, [first, size - first], axis) as [tf.Tensor4D, tf.Tensor4D];
    return tf.concat([end, start], axis);
  }, x);
}

interface Seams {
  readonly h: number;
  readonly w: number;
  readonly windowSize: number;
  readonly shift: number;
}

/** [windows,L L]: -100 between pixels of a window that were no neighbours before the map was rolled, else 0. Liu et al. 2021, figure 4. */
function seamMask({ h, w, windowSize, shift }: Seams): tf.Tensor2D {
  const part = (i: number, size: number): number => (i < size - windowSize ? 0 : i < size - shift ? 1 : 2);
  const [rows, columns, length] = [h / windowSize, w / windowSize, windowSize ** 2];
  const mask = new Float32Array(rows * columns * length ** 2);
  for (let window = 0; window < rows * columns; window++) {
    const regions = Array.from({ length }, (_, token) => {
      const y = Math.floor(window / columns) * windowSize + Math.floor(token / windowSize);
      const x = (window % columns) * windowSize + (token % windowSize);
      return 3 * part(y, h) + part(x, w);
    });
    for (const [i, own] of regions.entries()) {
      for (const [j, other] of regions.entries()) mask[(window * length + i) * length + j] = own === other ? 0 : -100;
    }
  }
  return tf.tensor2d(mask, [rows * columns, length ** 2]);
}

interface GuidedWindowAttentionConfig {
  readonly dim: number;
  readonly numHeads: number;
  readonly windowSize: number;
}

class GuidedWindowAttention {
  readonly relativePositionBiasTable: tf.Variable<tf.Rank.R2>; // [(2 windowSize - 1)^2,heads], of both modalities
  readonly qkv: Linear;
  readonly qkvSar: Linear;
  readonly attnFuse1x1conv: Conv2d;
  readonly proj: Linear;
  readonly projSar: Linear;
  readonly #config: GuidedWindowAttentionConfig;

  constructor(config: GuidedWindowAttentionConfig, init: Init) {
    const { dim, numHeads, windowSize } = config;
    if (dim % numHeads !== 0) throw new RangeError(`PairedWindowBlock: numHeads must divide dim (${dim}), got ${numHeads}`);
    const linear = (outFeatures: number): Linear => new Linear({ inFeatures: dim, outFeatures }, init);
    this.relativePositionBiasTable = tf.tidy(() => tf.variable(tf.zeros([(2 * windowSize - 1) ** 2, numHeads])));
    [this.qkv, this.qkvSar] = [linear(3 * dim), linear(3 * dim)];
    this.attnFuse1x1conv = new Conv2d({ inChannels: numHeads, outChannels: numHeads, kernelSize: 1 }, init);
    [this.proj, this.projSar] = [linear(dim), linear(dim)];
    this.#config = config;
  }

  /** Tokens of windows [N windows,L,C] each; mask [windows,L L] is added to both attentions */
  call([optical, sar]: readonly [tf.Tensor3D, tf.Tensor3D], mask?: tf.Tensor2D): [tf.Tensor3D, tf.Tensor3D] {
    const { numHeads } = this.#config;
    const bias = this.positionBias(); // [heads,L,L]
    const ofOptical = splitQkv(this.qkv.call(optical), numHeads);
    const ofSar = splitQkv(this.qkvSar.call(sar), numHeads);
    const [opticalLogits, sarLogits] = [ofOptical, ofSar].map(({ queries, keys }) => {
      const scaled = tf.mul(queries, 1 / Math.sqrt(queries.shape[3]));
      return masked(tf.add(tf.matMul(scaled, keys, false, true), bias), mask);
    });
    const difference = tf.sub<tf.Tensor4D>(sarLogits, opticalLogits); // [N windows,heads,L,L]
    const scores = this.attnFuse1x1conv.call(tf.transpose(difference, [0, 2, 3, 1])); // over the heads
    const gate = tf.transpose(tf.sigmoid(scores), [0, 3, 1, 2]);
    const guided = tf.add<tf.Tensor4D>(opticalLogits, tf.mul(difference, gate));
    return [
      this.proj.call(joinHeads(tf.matMul(softmax(guided), ofOptical.values))), //
      this.projSar.call(joinHeads(tf.matMul(softmax(sarLogits), ofSar.values))),
    ];
  }

  private positionBias(): tf.Tensor3D {
    const { windowSize, numHeads } = this.#config;
    const length = windowSize ** 2;
    const indices = Array.from({ length: length ** 2 }, (_, pair) => {
      const [p, q] = [Math.floor(pair / length), pair % length];
      const rows = Math.floor(p / windowSize) - Math.floor(q / windowSize) + windowSize - 1;
      const columns = (p % windowSize) - (q % windowSize) + windowSize - 1;
      return rows * (2 * windowSize - 1) + columns;
    });
    const chosen = gatherRows(this.relativePositionBiasTable, tf.tensor1d(indices, 'int32')); // [L L,heads]
    return tf.reshape(tf.transpose(chosen), [numHeads, length, length]);
  }
}

/** Adds the mask of each window: logits [N windows,heads,L,L] */
function masked(logits: tf.Tensor4D, mask?: tf.Tensor2D): tf.Tensor4D {
  if (!mask) return logits;
  const [count, heads, length] = logits.shape;
  const [windows] = mask.shape;
  const byWindow = tf.reshape(logits, [count / windows, windows, heads, length ** 2]);
  return tf.reshape(tf.add(byWindow, tf.expandDims(mask, 1)), logits.shape);
}
