import * as tf from '@tensorflow/tfjs-core';
import { Conv2d, gatherRows, linear, withoutGradient, type Init } from '@rs/nn';

export interface DeformableConv2dConfig {
  readonly channels: number; // in and out
  readonly groups: number; // sets of offsets, must divide channels
}

/**
 * Modulated deformable convolution 3x3, Zhu et al. 2019, eq. (1), whose offsets and modulation come from a second map,
 *     y_p = sum_k w_k sigmoid(m_k) x(p + p_k + o_k),
 * x read bilinearly, 0 outside; offsets are (y, x) in pixels, one set for each group of channels. Offsets and m start at 0.
 */
export class DeformableConv2d {
  readonly torchLayout = { weight: [3, 2, 0, 1] } as const; // HWIO -> (O,I,kH,kW)
  readonly weight: tf.Variable<tf.Rank.R4>; // [3,3,C,C]
  readonly bias: tf.Variable<tf.Rank.R1>; // [C]
  readonly convOffset: Conv2d;
  readonly #groups: number;

  constructor({ channels, groups }: DeformableConv2dConfig, init: Init) {
    if (channels % groups !== 0) throw new RangeError(`DeformableConv2d: groups must divide channels (${channels}), got ${groups}`);
    const zeros: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };
    const { weight, bias } = new Conv2d({ inChannels: channels, outChannels: channels, kernelSize: 3 }, init);
    [this.weight, this.bias] = [weight, bias!];
    this.convOffset = new Conv2d({ inChannels: channels, outChannels: groups * 27, kernelSize: 3, padding: 1 }, zeros);
    this.#groups = groups;
  }

  /** x, the map that is read, and guide, the map that the offsets come from, [N,H,W,C] -> [N,H,W,C] */
  call(x: tf.Tensor4D, guide: tf.Tensor4D): tf.Tensor4D {
    const [n, h, w, channels] = x.shape;
    const groups = this.#groups;
    return tf.tidy(() => {
      const raw = this.convOffset.call(guide); // [N,H,W,27 groups]: y and x of each group and tap, then the modulation
      const [moves, gates] = tf.split<tf.Tensor4D>(raw, [18 * groups, 9 * groups], -1);
      const offsets = tf.unstack(tf.reshape(moves, [n, h * w, groups, 9, 2]), 4) as [tf.Tensor4D, tf.Tensor4D];
      const modulation = tf.sigmoid(tf.reshape<tf.Rank.R4>(gates, [n, h * w, groups, 9]));
      const read = tf.mul(sampled(x, offsets), tf.reshape(modulation, [-1, 1])); // [N H W groups 9,C/groups]
      const byTap = tf.transpose(tf.reshape(read, [n * h * w, groups, 9, channels / groups]), [0, 2, 1, 3]);
      const columns: tf.Tensor4D = tf.reshape(byTap, [n, h, w, 9 * channels]);
      return linear({ x: columns, weight: tf.reshape(this.weight, [9 * channels, channels]), bias: this.bias });
    });
  }
}

/** Bilinear readings of x [N,H,W,C] at the nine taps of every pixel, each moved by its offsets [N,H W,groups,9] -> [N H W groups 9,C/groups] */
function sampled(x: tf.Tensor4D, [offsetY, offsetX]: readonly [tf.Tensor4D, tf.Tensor4D]): tf.Tensor2D {
  const [n, h, w, channels] = x.shape;
  const groups = offsetY.shape[2];
  const rows = tf.reshape<tf.Rank.R2>(x, [n * h * w * groups, channels / groups]);
  const pixels = Array.from({ length: h * w }, (_, i) => i);
  const taps = Array.from({ length: 9 }, (_, k) => k);
  const place = (of: (pixel: number, tap: number) => number): tf.Tensor4D =>
    tf.tensor4d(pixels.flatMap((pixel) => taps.map((tap) => of(pixel, tap))), [1, h * w, 1, 9]); // prettier-ignore
  const y = tf.add<tf.Tensor4D>(
    offsetY,
    place((pixel, tap) => Math.floor(pixel / w) + Math.floor(tap / 3) - 1),
  );
  const across = tf.add<tf.Tensor4D>(
    offsetX,
    place((pixel, tap) => (pixel % w) + (tap % 3) - 1),
  );
  const firstRows = Array.from({ length: n * groups }, (_, i) => Math.floor(i / groups) * h * w * groups + (i % groups));
  const firstRow = tf.tensor4d(firstRows, [n, 1, groups, 1], 'int32'); // of each image and group
  const [top, left] = [tf.floor(y), tf.floor(across)];
  const [down, right] = [tf.sub(y, top), tf.sub(across, left)]; // in [0, 1)
  const corner = (dy: 0 | 1, dx: 0 | 1): tf.Tensor2D => {
    const [row, column] = [tf.add<tf.Tensor4D>(top, dy), tf.add<tf.Tensor4D>(left, dx)];
    const [indices, valid] = withoutGradient(() => {
      const pixel = tf.add(tf.mul(tf.clipByValue(row, 0, h - 1), w), tf.clipByValue(column, 0, w - 1));
      const index = tf.add(tf.mul(tf.cast(pixel, 'int32'), tf.scalar(groups, 'int32')), firstRow);
      return [tf.reshape(index, [-1]) as tf.Tensor, tf.mul(inside(row, h), inside(column, w)) as tf.Tensor];
    }) as [tf.Tensor1D, tf.Tensor4D];
    const share = tf.mul(dy === 1 ? down : tf.sub(1, down), dx === 1 ? right : tf.sub(1, right));
    const weight = tf.mul(share, valid);
    return tf.mul(gatherRows(rows, indices), tf.reshape(weight, [-1, 1]));
  };
  return tf.addN([corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)]) as tf.Tensor2D;
}

/** 1 where the position lies in 0 .. size - 1, else 0. */
const inside = (position: tf.Tensor4D, size: number): tf.Tensor4D =>
  tf.cast(tf.logicalAnd(tf.greaterEqual(position, 0), tf.lessEqual(position, size - 1)), 'float32');
