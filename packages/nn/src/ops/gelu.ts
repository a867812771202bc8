import * as tf from '@tensorflow/tfjs-core';
import { fused } from '../raw-ops.js';
import { withGradient } from '../with-gradient.js';

export type GeluApproximation = 'none' | 'tanh';

/**
 * Gaussian error linear unit, Hendrycks and Gimpel 2016: x Phi(x); with 'tanh' its approximation,
 *     x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
 */
export function gelu<T extends tf.Tensor>(x: T, approximate: GeluApproximation = 'none'): T {
  const cdfOf = approximate === 'tanh' ? tanhCdf : normalCdf;
  return withGradient({
    inputs: { x: x as tf.Tensor },
    forward: (save) => {
      save([x]);
      return fused([x], () => [tf.mul(x, cdfOf(x))])[0];
    },
    backward: (dy, [x]) => ({
      x: () =>
        fused([dy, x], () => {
          const cdf = cdfOf(x);
          return [tf.mul(dy, tf.add(cdf, tf.mul(x, approximate === 'tanh' ? tanhCdfSlope(x, cdf) : normalPdf(x))))];
        })[0],
    }),
  }) as T;
}

const normalCdf = (x: tf.Tensor): tf.Tensor => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);

const normalPdf = (x: tf.Tensor): tf.Tensor => tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));

const c1 = Math.sqrt(2 / Math.PI);
const c3 = 0.044715 * c1;

/** (1 + tanh(u)) / 2 = sigmoid(2u), u = c1 x + c3 x^3 */
const tanhCdf = (x: tf.Tensor): tf.Tensor => tf.sigmoid(tf.mul(x, tf.add(tf.mul(tf.square(x), 2 * c3), 2 * c1)));

/** sigmoid' (2u) 2 u' = cdf (1 - cdf) (2 c1 + 6 c3 x^2) */
const tanhCdfSlope = (x: tf.Tensor, cdf: tf.Tensor): tf.Tensor =>
  tf.mul(tf.mul(cdf, tf.sub(1, cdf)), tf.add(tf.mul(tf.square(x), 6 * c3), 2 * c1));
