import * as tf from '@tensorflow/tfjs-core';
import { withGradient } from '../with-gradient.js';

/**
 * `fn()` as a constant of any gradient around it: nothing of it is recorded or kept for a backward pass. For frozen networks, whose
 * activations would otherwise stay in memory for the whole step.
 */
export function withoutGradient<T extends tf.Tensor | tf.Tensor[]>(fn: () => T): T {
  return withGradient<Record<string, never>, T>({ inputs: {}, forward: fn, backward: () => ({}) });
}
