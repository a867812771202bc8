import * as tf from '@tensorflow/tfjs-core';
import type { UpdateRule } from './update-rule.js';

export interface SgdConfig {
  readonly momentum?: number; // in [0, 1); default 0
  readonly nesterov?: boolean; // look ahead; needs momentum; default false
  readonly weightDecay?: number; // L2, added to the gradient; default 0
}

/**
 * Stochastic gradient descent with momentum, Sutskever et al. 2013, in the form of PyTorch's `SGD` (no dampening):
 *
 *     g = grad + weightDecay p;  b = momentum b + g;  p = p - lr (nesterov ? g + momentum b : b)
 */
export function sgd({ momentum = 0, nesterov = false, weightDecay = 0 }: SgdConfig = {}): UpdateRule {
  if (!(momentum >= 0 && momentum < 1)) throw new RangeError(`sgd: momentum must lie in [0, 1), got ${momentum}`);
  if (nesterov && momentum === 0) throw new RangeError('sgd: nesterov needs a momentum above 0');
  if (!(weightDecay >= 0)) throw new RangeError(`sgd: weightDecay must be at least 0, got ${weightDecay}`);
  return {
    name: `sgd momentum ${momentum}${nesterov ? ' nesterov' : ''}`,
    weightDecay,
    slots: momentum > 0 ? ['momentum_buffer'] : [],
    coefficients: (facts) => [facts.learningRate, facts.weightDecay],
    update: (parameter, gradient, [buffer], [learningRate, decay]) => {
      const decayed = tf.add(gradient, tf.mul(parameter, decay));
      if (!buffer) return { parameter: tf.sub(parameter, tf.mul(decayed, learningRate)), slots: [] };
      const velocity = tf.add(tf.mul(buffer, momentum), decayed);
      const direction = nesterov ? tf.add(decayed, tf.mul(velocity, momentum)) : velocity;
      return { parameter: tf.sub(parameter, tf.mul(direction, learningRate)), slots: [velocity] };
    },
  };
}
