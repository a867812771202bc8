import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm2d, Conv2d, disposeModule, dropPath, Linear, Random, stateDict, torchInit, type Mode, type TrainPass } from '@rs/nn';
import { adamW, fit, linearWarmup, shuffledBatches, type Batch, type FitConfig, type FitResult, type LossTerms } from '../src/index.js';

/** A small network with all that a run has to carry: parameters, running statistics, random draws. */
export class Toy {
  readonly conv: Conv2d;
  readonly norm = new BatchNorm2d({ channels: 3 });
  readonly head: Linear;

  constructor(seed: number) {
    const init = torchInit(new Random(seed));
    this.conv = new Conv2d({ inChannels: 2, outChannels: 3, kernelSize: 3, padding: 1 }, init);
    this.head = new Linear({ inFeatures: 3, outFeatures: 1 }, init);
  }

  /** [N,4,4,2] -> [N] */
  call(x: tf.Tensor4D, mode: Mode): tf.Tensor1D {
    return tf.tidy(() => {
      const features = tf.relu(this.norm.call(this.conv.call(x), mode));
      const kept = dropPath(features, { rate: 0.25, mode });
      return tf.squeeze(this.head.call(tf.mean<tf.Tensor2D>(kept, [1, 2])), [1]);
    });
  }
}

export interface ToyBatch extends Batch {
  readonly x: tf.Tensor4D; // [N,4,4,2]
  readonly y: tf.Tensor1D; // [N], the mean of x's first channel
}

/** Samples 0..15, each made from its number. */
export function toyBatch(indices: readonly number[]): ToyBatch {
  const random = indices.map((index) => new Random(index + 1));
  const values = random.map((source) => Float32Array.from({ length: 32 }, () => source.normal()));
  const targets = values.map((image) => image.reduce((sum, value, i) => (i % 2 === 0 ? sum + value / 16 : sum), 0));
  const x = tf.tensor(Float32Array.from(values.flatMap((image) => [...image])), [indices.length, 4, 4, 2]) as tf.Tensor4D;
  return { ids: indices.map((index) => `sample-${index}`), x, y: tf.tensor1d(targets) };
}

export const toyLoss =
  (model: Toy) =>
  ({ x, y }: ToyBatch, pass: TrainPass): LossTerms => {
    const error = tf.sub(model.call(x, pass), y);
    return { total: tf.mean(tf.square(error)), terms: { bias: tf.mean(error) } };
  };

export const toyData =
  (seed = 1, batchSize = 4) =>
  (position: number): ToyBatch =>
    toyBatch(shuffledBatches({ seed, count: 16, batchSize })(position).indices);

export interface ToyRun {
  readonly result: FitResult;
  readonly weights: ReturnType<typeof stateDict>;
}

/** Trains a new toy of seed 3 for 6 steps op by op, or as told; frees it. */
export async function trainToy(
  options: Partial<FitConfig<ToyBatch>> & { toy?: (model: Toy) => Partial<FitConfig<ToyBatch>> } = {},
): Promise<ToyRun> {
  const model = new Toy(3);
  try {
    const { toy, ...changes } = options;
    const config = {
      rule: adamW(),
      schedule: linearWarmup(0.02, 3),
      steps: 6,
      seed: 5,
      quiet: true,
      eager: true,
      ...changes,
      ...toy?.(model),
    };
    const result = await fit({ model, loss: toyLoss(model), data: toyData(), ...config });
    return { result, weights: stateDict(model) };
  } finally {
    disposeModule(model);
  }
}
