import * as tf from '@tensorflow/tfjs-core';

export interface ClippedGradients {
  readonly gradients: Map<string, tf.Tensor>;
  readonly norm: tf.Scalar; // before clipping
}

/**
 * Scales all gradients together so that their norm is at most `maxNorm`, Pascanu et al. 2013, as PyTorch's `clip_grad_norm_`:
 *
 *     norm = sqrt(sum over gradients of sum(g^2));  g = g min(1, maxNorm / (norm + 1e-6))
 *
 * @throws RangeError unless maxNorm is positive
 */
export function clipGradNorm(gradients: ReadonlyMap<string, tf.Tensor>, maxNorm: number): ClippedGradients {
  if (!(maxNorm > 0)) throw new RangeError(`clipGradNorm: maxNorm must be positive, got ${maxNorm}`);
  const names = [...gradients.keys()];
  const [norm, ...clipped] = tf.tidy(() => {
    const squares = [...gradients.values()].map((gradient) => tf.sum(tf.square(gradient)));
    const total = tf.sqrt(squares.length > 0 ? tf.addN(squares) : tf.scalar(0));
    const scale = tf.minimum(tf.div(maxNorm, tf.add(total, 1e-6)), 1);
    return [total, ...[...gradients.values()].map((gradient) => tf.mul(gradient, scale))];
  });
  return { gradients: new Map(names.map((name, i) => [name, clipped[i]])), norm: norm as tf.Scalar };
}
