import * as tf from '@tensorflow/tfjs-core';

/** sum(values * weights) / sum(weights) over batches; 0/0 is NaN. */
export class WeightedMean {
  #sum = 0;
  #weight = 0;

  /** Two tensors of one shape. */
  add(values: tf.Tensor, weights: tf.Tensor): void {
    const [sum, weight] = tf.tidy(() => [tf.sum(tf.mul(values, weights)), tf.sum(weights)].map((total) => total.dataSync()[0]));
    this.#sum += sum;
    this.#weight += weight;
  }

  get value(): number {
    return this.#sum / this.#weight;
  }
}
