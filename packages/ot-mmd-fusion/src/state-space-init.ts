import * as tf from '@tensorflow/tfjs-core';
import type { Init } from '@rs/nn';

const smallest = 0.001; // step sizes at the start, Gu and Dao 2023, section 3.6
const largest = 0.1;

/** log(1..N) in each of `rows` rows: A = -exp(A_log) = -(1..N), S4D-Real of Gu et al. 2022. -> [rows,N] */
export const initialRates = (rows: number, states: number): tf.Variable<tf.Rank.R2> =>
  tf.tidy(() => tf.variable(tf.tile<tf.Tensor2D>(tf.expandDims(tf.log(tf.range(1, states + 1)), 0), [rows, 1])));

/** 1 for each channel, the weight of the input in the output. */
export const initialSkips = (channels: number): tf.Variable<tf.Rank.R1> => tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([channels])));

/**
 * Biases whose softplus are step sizes spread log-uniformly over [0.001, 0.1]: the quantiles of that distribution, in the order of as many
 * draws of `init`. softplus^-1(t) = t + log(-expm1(-t))
 */
export function stepSizeInit(init: Init): Init {
  return {
    weight: (shape, fans) => init.weight(shape, fans),
    bias: (shape, fans) => {
      const draws = init.weight(shape, fans);
      const values = draws.dataSync();
      draws.dispose();
      const order = Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
      const biases = new Float32Array(values.length);
      order.forEach((channel, rank) => {
        const step = smallest * (largest / smallest) ** ((rank + 0.5) / values.length);
        biases[channel] = step + Math.log(-Math.expm1(-step));
      });
      return tf.tensor(biases, shape);
    },
  };
}
