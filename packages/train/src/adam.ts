import * as tf from '@tensorflow/tfjs-core';
import type { StepFacts, Updated, UpdateRule } from './update-rule.js';

export interface AdamConfig {
  readonly betas?: readonly [number, number]; // decay of the two moments, in [0, 1); default [0.9, 0.999]
  readonly eps?: number; // beside the root of the second moment; default 1e-8
  readonly weightDecay?: number; // default 0; adamW 0.01, as in PyTorch
}

/**
 * Adam, Kingma and Ba 2015, algorithm 1, as PyTorch's `Adam`; weight decay is L2, added to the gradient:
 *
 *     g = grad + weightDecay p;  m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2
 *     p = p - lr / (1-b1^t) m / (sqrt(v) / sqrt(1-b2^t) + eps)
 */
export function adam({ betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }: AdamConfig = {}): UpdateRule {
  return {
    ...adamFacts('adam', { betas, eps, weightDecay }),
    coefficients: (facts) => [...corrections(betas, facts), facts.weightDecay],
    update: (parameter, gradient, slots, coefficients) => {
      const decayed = tf.add(gradient, tf.mul(parameter, coefficients[2]));
      return moved(parameter, decayed, slots, coefficients, { betas, eps });
    },
  };
}

/**
 * AdamW, Loshchilov and Hutter 2019, algorithm 2, as PyTorch's `AdamW`: Adam on the plain gradient, and the decay beside it,
 *
 *     p = (1 - lr weightDecay) p - lr / (1-b1^t) m / (sqrt(v) / sqrt(1-b2^t) + eps)
 */
export function adamW({ betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.01 }: AdamConfig = {}): UpdateRule {
  return {
    ...adamFacts('adamW', { betas, eps, weightDecay }),
    coefficients: (facts) => [...corrections(betas, facts), 1 - facts.learningRate * facts.weightDecay],
    update: (parameter, gradient, slots, coefficients) =>
      moved(tf.mul(parameter, coefficients[2]), gradient, slots, coefficients, { betas, eps }),
  };
}

type Constants = Required<AdamConfig>;

function adamFacts(name: string, { betas, eps, weightDecay }: Constants): Pick<UpdateRule, 'name' | 'weightDecay' | 'slots'> {
  if (!betas.every((beta) => beta >= 0 && beta < 1)) throw new RangeError(`${name}: betas must lie in [0, 1), got ${betas.join(', ')}`);
  if (!(eps > 0)) throw new RangeError(`${name}: eps must be positive, got ${eps}`);
  if (!(weightDecay >= 0)) throw new RangeError(`${name}: weightDecay must be at least 0, got ${weightDecay}`);
  return { name: `${name} betas ${betas.join(', ')} eps ${eps}`, weightDecay, slots: ['exp_avg', 'exp_avg_sq'] };
}

/** The step size lr / (1-b1^t), and 1 / sqrt(1-b2^t). */
const corrections = ([beta1, beta2]: Constants['betas'], { learningRate, step }: StepFacts): [number, number] => [
  learningRate / (1 - beta1 ** step),
  1 / Math.sqrt(1 - beta2 ** step),
];

/** `from` less Adam's step along `gradient`. */
function moved(
  from: tf.Tensor,
  gradient: tf.Tensor,
  [first, second]: readonly tf.Tensor[],
  [stepSize, correction]: readonly tf.Scalar[],
  { betas: [beta1, beta2], eps }: Pick<Constants, 'betas' | 'eps'>,
): Updated {
  const mean = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
  const square = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const scale = tf.add(tf.mul(tf.sqrt(square), correction), eps);
  return { parameter: tf.sub(from, tf.mul(tf.div(mean, scale), stepSize)), slots: [mean, square] };
}
