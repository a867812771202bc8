import * as tf from '@tensorflow/tfjs-core';
import { assertShape } from '@rs/nn';
import { contrast } from './contrast.js';
import { unitLength } from './unit-length.js';

export interface PatchInfoNceOptions {
  readonly temperature?: number; // tau; default 0.07
  /** What is compared: each token (`patch`, default), or the mean token of each image (`image`). */
  readonly granularity?: 'patch' | 'image';
  /**
   * What a token is told from: all tokens of the other images (`otherImages`, default), theirs at its own position (`samePosition`, B - 1 of them), or
   * every other token of the batch (`all`). Mean tokens have one position and no others in their image: there all three are one.
   */
  readonly negatives?: 'otherImages' | 'samePosition' | 'all';
  readonly normalize?: boolean; // tokens at length 1, so that the product is their cosine; default true
  readonly symmetric?: boolean; // the mean with the same loss of RGB tokens as anchors; default false
}

const smallestLength = 1e-12;

/**
 * InfoNCE between tokens of two sensors, MM-OVSeg, cross-modal unification: the positive of a SAR token is the RGB token of the same image and
 * position, the mean is over the anchors.
 *
 *     L = -mean_i log (exp(s_ii) / (exp(s_ii) + sum_{j in negatives of i} exp(s_ij))),    s_ij = <sar_i, rgb_j> / tau
 *
 * Both take a gradient: a frozen teacher's tokens come from `withoutGradient`. A batch of one image has no negatives but in `all`: 0 with a zero
 * gradient. Memory grows with B N, not its square.
 *
 * @param sar [B,N,D] tokens
 * @param rgb [B,N,D] tokens of the co-registered images
 * @returns scalar, in nats
 * @throws RangeError when the shapes differ, or temperature is not positive
 */
export function patchInfoNce(
  sar: tf.Tensor3D,
  rgb: tf.Tensor3D,
  { temperature = 0.07, granularity = 'patch', negatives = 'otherImages', normalize = true, symmetric = false }: PatchInfoNceOptions = {},
): tf.Scalar {
  assertShape('patchInfoNce: sar', sar, [null, null, null]);
  assertShape('patchInfoNce: rgb', rgb, sar.shape);
  if (!(temperature > 0)) throw new RangeError(`patchInfoNce: temperature must be positive, got ${temperature}`);
  return tf.tidy(() => {
    const [anchors, targets] = [sar, rgb].map((tokens) => {
      const compared = granularity === 'image' ? tf.mean<tf.Tensor3D>(tokens, 1, true) : tokens;
      return normalize ? unitLength(compared, smallestLength) : compared;
    });
    const loss = negatives === 'samePosition' ? samePosition : anyPosition(negatives);
    const forward = loss(anchors, targets, temperature);
    return symmetric ? tf.mul(tf.add(forward, loss(targets, anchors, temperature)), 0.5) : forward;
  });
}

/** [B,N,D], [B,N,D] -> scalar: all tokens of the batch are one list. */
const anyPosition =
  (negatives: 'otherImages' | 'all') =>
  (anchors: tf.Tensor3D, targets: tf.Tensor3D, temperature: number): tf.Scalar => {
    const [batch, tokens, channels] = anchors.shape;
    const count = batch * tokens;
    const positive = tf.range(0, count, 1, 'int32');
    const image = tf.tensor1d(
      Int32Array.from({ length: count }, (_, token) => Math.floor(token / tokens)),
      'int32',
    );
    const others = negatives === 'all' ? { anchor: tf.onesLike(image), target: tf.zerosLike(image) } : { anchor: image, target: image };
    return contrast({
      anchors: tf.reshape(anchors, [count, channels]),
      targets: tf.reshape(targets, [count, channels]),
      pairs: { positive, ...others },
      weights: tf.fill([count], 1 / count),
      temperature,
    });
  };

/** [B,N,D], [B,N,D] -> scalar: a B x B table for each position. */
function samePosition(anchors: tf.Tensor3D, targets: tf.Tensor3D, temperature: number): tf.Scalar {
  const [batch, tokens] = anchors.shape;
  const [from, to] = [anchors, targets].map((x) => tf.transpose(x, [1, 0, 2])); // [N,B,D]
  const logProbabilities = tf.logSoftmax(tf.matMul(tf.div(from, temperature), to, false, true)); // [N,B,B]
  return tf.div(tf.sum(tf.mul(logProbabilities, tf.eye(batch))), -batch * tokens);
}
