import * as tf from '@tensorflow/tfjs-core';
import { assertShape, type Init } from '@rs/nn';
import { CpbMlp } from './cpb-mlp.js';

export type WindowShape = readonly [number, number]; // [h, w]

export interface PosEmbMLPSwinv2DConfig {
  readonly windowSize: WindowShape;
  readonly pretrainedWindowSize?: WindowShape; // offsets are measured in this window; 0 on an axis: in windowSize; default [0, 0]
  readonly numHeads: number;
  readonly noLog?: boolean; // linear instead of logarithmic offsets; default false
}

/**
 * Relative position bias of a window's attention logits, Liu et al. 2022 (Swin Transformer V2), eq. (3) and (4):
 *
 *     bias[head, p, q] = 16 sigmoid(cpbMlp(offset(p - q)))[head],   offset = sign(t) log2(|t| + 1) / log2(8)
 *
 * with t = 8 (p - q) / (pretrained - 1) on each axis. Tokens before the window's own (carrier tokens) get no bias.
 */
export class PosEmbMLPSwinv2D {
  readonly cpbMlp: CpbMlp;
  readonly #config: Required<PosEmbMLPSwinv2DConfig>;

  constructor({ windowSize, pretrainedWindowSize = [0, 0], numHeads, noLog = false }: PosEmbMLPSwinv2DConfig, init: Init) {
    this.#config = { windowSize, pretrainedWindowSize, numHeads, noLog };
    this.cpbMlp = new CpbMlp({ rank: 2, outFeatures: numHeads }, init);
  }

  /**
   * attention [B,heads,M,M], the window's tokens last -> [B,heads,M,M]
   *
   * @param windowSize the window of these tokens, where it is not the configured one
   * @throws RangeError when M is smaller than the window, or an axis of it has one token: its offset would be 0 / 0
   */
  call(attention: tf.Tensor4D, windowSize: WindowShape = this.#config.windowSize): tf.Tensor4D {
    const { numHeads, pretrainedWindowSize, noLog } = this.#config;
    const tokens = attention.shape[2];
    assertShape('PosEmbMLPSwinv2D: attention', attention, [null, numHeads, tokens, tokens]);
    const [height, width] = windowSize;
    const before = tokens - height * width; // carrier tokens
    if (before < 0) throw new RangeError(`PosEmbMLPSwinv2D: attention of ${tokens} tokens is smaller than the window [${windowSize}]`);
    const reference = windowSize.map((size, axis) => (pretrainedWindowSize[axis] || size) - 1);
    if (Math.min(...reference) < 1) {
      throw new RangeError(`PosEmbMLPSwinv2D: a window needs more than one token an axis, got [${windowSize}]`);
    }
    return tf.tidy(() => {
      const table = this.cpbMlp.call(offsetTable(windowSize, reference, noLog)); // [T,heads]
      const biases = tf.mul<tf.Tensor2D>(tf.sigmoid(tf.transpose(table)), 16); // [heads,T]
      const bias = tf.reshape(pickColumns(biases, offsetIndex(windowSize)), [1, numHeads, height * width, height * width]);
      return tf.add(attention, before === 0 ? bias : tf.pad(bias, [[0, 0], [0, 0], [before, 0], [before, 0]])); // prettier-ignore
    });
  }
}

/** All offsets between two tokens of a window, row by row: [(2h-1)(2w-1), 2]. */
function offsetTable([height, width]: WindowShape, reference: readonly number[], noLog: boolean): tf.Tensor2D {
  const along = (size: number, axis: number): number[] =>
    Array.from({ length: 2 * size - 1 }, (_, i) => {
      const offset = (i - size + 1) / reference[axis];
      return noLog ? offset : (Math.sign(offset) * Math.log2(Math.abs(8 * offset) + 1)) / Math.log2(8);
    });
  const columns = along(width, 1);
  return tf.tensor2d(along(height, 0).flatMap((dy) => columns.map((dx) => [dy, dx])));
}

/** Which row of the table holds the offset from token q to token p: [(h w)(h w)], p slow, q fast. */
function offsetIndex([height, width]: WindowShape): Int32Array {
  const tokens = height * width;
  return Int32Array.from({ length: tokens * tokens }, (_, i) => {
    const [p, q] = [Math.floor(i / tokens), i % tokens];
    const dy = Math.floor(p / width) - Math.floor(q / width);
    return (dy + height - 1) * (2 * width - 1) + (p % width) - (q % width) + width - 1;
  });
}

/** x [R,T] -> [R,P], column index[p] of x each. The gradient is one product, deterministic and the same on every engine. */
function pickColumns(x: tf.Tensor2D, index: Int32Array): tf.Tensor2D {
  const pick = tf.customGrad((table) => ({
    value: tf.gather(table as tf.Tensor2D, tf.tensor1d(index, 'int32'), 1),
    gradFunc: (dy: tf.Tensor) => {
      const chosen = tf.cast(tf.oneHot(tf.tensor1d(index, 'int32'), x.shape[1]), 'float32'); // [P,T]; wasm's oneHot makes integers only
      return tf.matMul(dy as tf.Tensor2D, chosen as tf.Tensor2D);
    },
  }));
  return pick(x) as tf.Tensor2D;
}
