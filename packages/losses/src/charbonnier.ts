import * as tf from '@tensorflow/tfjs-core';

export interface CharbonnierOptions {
  readonly p?: number; // exponent; default 0.45
  readonly epsilon?: number; // width of the quadratic part around 0, in units of the difference; default 1e-3
}

/**
 * Generalized Charbonnier penalty, a smooth |d|^(2p), averaged over all elements. Charbonnier et al. 1994; Sun et al. 2010:
 *
 *     L = mean(weight (d^2 + epsilon^2)^p),    dL/dd = weight 2 p d (d^2 + epsilon^2)^(p-1) / size
 *
 * The gradient is written out, from the saved power: one power for both directions.
 *
 * @param difference d, of any shape
 * @param weight of each element, broadcast to the shape of d; takes no gradient; default 1
 * @returns scalar, in the unit of d to the power 2p
 * @throws RangeError when epsilon is not positive: the gradient at d = 0 would be infinite for p < 1/2
 */
export function charbonnier(difference: tf.Tensor, { p = 0.45, epsilon = 1e-3 }: CharbonnierOptions = {}, weight?: tf.Tensor): tf.Scalar {
  if (!(epsilon > 0)) throw new RangeError(`charbonnier: epsilon must be positive, got ${epsilon}`);
  return tf.tidy(() => {
    const weights = weight ? tf.cast(weight, 'float32') : tf.scalar(1);
    const penalty = tf.customGrad((d, save) => {
      const squared = tf.add(tf.square(d as tf.Tensor), epsilon * epsilon); // at least epsilon^2
      const weighted = tf.mul(tf.pow(squared, p), weights);
      (save as tf.GradSaveFunc)([d as tf.Tensor, squared, weighted]);
      return {
        value: tf.mean(weighted),
        gradFunc: (dy: tf.Tensor, [saved, base, powered]: tf.Tensor[]) =>
          tf.mul(tf.div(tf.mul(saved, powered), base), tf.mul(dy, (2 * p) / difference.size)),
      };
    });
    return penalty(difference) as tf.Scalar;
  });
}
