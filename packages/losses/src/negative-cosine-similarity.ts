import * as tf from '@tensorflow/tfjs-core';
import { assertShape, fused } from '@rs/nn';

export interface NegativeCosineSimilarityOptions {
  readonly stopGradient?: boolean; // f1 and f2 are constants where they are targets; default true
  readonly eps?: number; // the smallest length that a vector is divided by; default 1e-8
}

/**
 * How far the translated features are from those of the other sensor, STARS, eq. (4), in -1..1:
 *
 *     L = -1/2 (mean cos(p1, f2) + mean cos(p2, f1)),    cos(x, y) = <x, y> / (max(|x|, eps) max(|y|, eps)) along C
 *
 * `stopGradient` stops the gradient of the targets alone: f1 still gets what comes through p1, its translation.
 *
 * @param p1 [N,H,W,C] f1 translated to the second sensor
 * @param f1 [N,H,W,C] features of the first sensor
 * @param p2 [N,H,W,C] f2 translated to the first sensor
 * @param f2 [N,H,W,C] features of the second sensor
 * @returns scalar
 * @throws RangeError when the shapes differ, or eps is not positive
 */
export function negativeCosineSimilarity(
  p1: tf.Tensor4D,
  f1: tf.Tensor4D,
  p2: tf.Tensor4D,
  f2: tf.Tensor4D,
  { stopGradient = true, eps = 1e-8 }: NegativeCosineSimilarityOptions = {},
): tf.Scalar {
  assertShape('negativeCosineSimilarity: p1', p1, [null, null, null, null]);
  for (const [name, tensor] of Object.entries({ f1, p2, f2 })) assertShape(`negativeCosineSimilarity: ${name}`, tensor, p1.shape);
  if (!(eps > 0)) throw new RangeError(`negativeCosineSimilarity: eps must be positive, got ${eps}`);
  return tf.tidy(() => tf.mul(tf.add(meanCosine(p1, f2, eps, stopGradient), meanCosine(p2, f1, eps, stopGradient)), -0.5));
}

/**
 * Mean of cos(x, y), of which the backward pass keeps x, y and three numbers a vector:
 *
 *     d cos / dx = y / (|x| |y|) - cos x / |x|^2,    without the second term below eps
 */
function meanCosine(x: tf.Tensor, y: tf.Tensor, eps: number, constantTarget: boolean): tf.Scalar {
  const smallest = eps * eps;
  const similarity = (
    ...given: (tf.Tensor | tf.GradSaveFunc)[]
  ): { value: tf.Tensor; gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[] } => {
    const save = given.at(-1) as tf.GradSaveFunc;
    const [product, ofX, ofY] = fused([x, y], () =>
      [tf.mul(x, y), tf.square(x), tf.square(y)].map((each) => tf.sum(each, -1, true)),
    ) as tf.Tensor[]; // [N,H,W,1]
    const inverse = tf.mul(tf.rsqrt(tf.maximum(ofX, smallest)), tf.rsqrt(tf.maximum(ofY, smallest)));
    const cosine = tf.mul(product, inverse);
    const turn = (squared: tf.Tensor): tf.Tensor =>
      tf.where(tf.greaterEqual(squared, smallest), tf.div(cosine, tf.maximum(squared, smallest)), 0);
    save([x, y, inverse, turn(ofX), turn(ofY)]);
    return {
      value: tf.mean(cosine),
      gradFunc: (dy, [u, v, scale, turnOfX, turnOfY]) => {
        const each = tf.div(dy, cosine.size);
        const slope = (from: tf.Tensor, to: tf.Tensor, turning: tf.Tensor): tf.Tensor =>
          fused([from, to, scale, turning, each], () => [tf.mul(tf.sub(tf.mul(to, scale), tf.mul(from, turning)), each)])[0];
        return constantTarget ? [slope(u, v, turnOfX)] : [slope(u, v, turnOfX), slope(v, u, turnOfY)];
      },
    };
  };
  return tf.customGrad(similarity)(...(constantTarget ? [x] : [x, y])) as tf.Scalar;
}
