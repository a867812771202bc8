import * as tf from '@tensorflow/tfjs-core';
import { TrainPass } from '@rs/nn';
import type { Batch } from './batch.js';
import type { Capture, CapturedFunction, NamedTensors } from './capture.js';
import { lossAndGradients, type LossAndGradients, type LossTerms } from './loss-and-gradients.js';

/** A loss, its gradients, and the running statistics that the forward pass leaves. The caller owns all of it. */
export interface GradientPassResult extends LossAndGradients {
  readonly statistics: ReadonlyMap<tf.Variable, tf.Tensor>;
}

/** Forward and backward pass of a loss as a function of tensors alone, so that it can run as one graph. */
export class GradientPass<B extends Batch> {
  readonly #run: CapturedFunction;
  #updated: tf.Variable[] = []; // whose statistics a pass updates, in order

  constructor(parameters: ReadonlyMap<string, tf.Variable>, loss: (batch: B, pass: TrainPass) => LossTerms, capture: Capture) {
    this.#run = capture(({ seed, ...tensors }) => {
      const pass = new TrainPass(seed as tf.Tensor1D);
      try {
        const { total, terms, gradients } = lossAndGradients(parameters, () => loss(asBatch<B>(tensors), pass));
        this.#updated = [...pass.statistics.keys()];
        const statistics = [...pass.statistics.values()].map((value, i): [string, tf.Tensor] => [`statistic/${i}`, value]);
        return {
          total,
          ...prefixed('term/', Object.entries(terms)),
          ...prefixed('gradient/', [...gradients]),
          ...Object.fromEntries(statistics),
        };
      } catch (error) {
        pass.dispose();
        throw error;
      }
    });
  }

  /** @param seed of the pass's random draws, a 32-bit integer */
  call(batch: B, seed: number): GradientPassResult {
    const seedTensor = tf.tensor1d([seed, 0], 'int32');
    try {
      const { total, ...rest } = this.#run({ ...tensorsOf(batch), seed: seedTensor });
      return {
        total: total as tf.Scalar,
        terms: unprefixed('term/', rest) as Record<string, tf.Scalar>,
        gradients: new Map(Object.entries(unprefixed('gradient/', rest))),
        statistics: new Map(this.#updated.map((variable, i) => [variable, rest[`statistic/${i}`]])),
      };
    } finally {
      seedTensor.dispose();
    }
  }

  dispose(): void {
    this.#run.dispose();
  }
}

const tensorsOf = (batch: Batch): NamedTensors =>
  Object.fromEntries(Object.entries(batch).filter((entry): entry is [string, tf.Tensor] => entry[1] instanceof tf.Tensor));

/** The tensors as the batch that the loss knows. Anything else of a batch would be the first batch's for ever. */
function asBatch<B extends Batch>(tensors: NamedTensors): B {
  return Object.defineProperty({ ...tensors }, 'ids', {
    get: () => {
      throw new Error('fit: the loss reads batch.ids; it may read only the tensors of a batch');
    },
  }) as unknown as B;
}

const prefixed = (prefix: string, entries: readonly (readonly [string, tf.Tensor])[]): NamedTensors =>
  Object.fromEntries(entries.map(([name, tensor]) => [prefix + name, tensor]));

const unprefixed = (prefix: string, tensors: NamedTensors): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
