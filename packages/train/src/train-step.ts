import * as tf from '@tensorflow/tfjs-core';
import { Random } from '@rs/nn';
import type { Batch } from './batch.js';
import { clipGradNorm } from './clip-grad-norm.js';
import type { GradientPass } from './gradient-pass.js';
import { NonFiniteLossError } from './non-finite-loss-error.js';
import type { Optimizer } from './optimizer.js';
import { randomSeed } from './shuffled-batches.js';

export interface TrainStepConfig<B extends Batch> {
  readonly optimizer: Optimizer;
  readonly gradientPass: GradientPass<B>;
  readonly nextBatch: () => Promise<B>;
  readonly seed: number;
  readonly accumulate: number;
  readonly clipNorm: number | undefined;
}

export interface StepResult {
  readonly values: Readonly<Record<string, number>>; // loss, its terms, gradientNorm where clipped: means over the micro-batches
  readonly samples: number;
}

/**
 * One update from the mean gradient of `accumulate` micro-batches. Running statistics follow each micro-batch, as soon as its
 * loss is known to be finite; the parameters follow at the end.
 *
 * @param step from 0
 * @throws NonFiniteLossError before the parameters are touched
 */
export async function trainStep<B extends Batch>(config: TrainStepConfig<B>, step: number, learningRate: number): Promise<StepResult> {
  const { optimizer, accumulate, clipNorm } = config;
  const sums: Record<string, number> = Object.create(null);
  const ids: string[] = [];
  let gradients = new Map<string, tf.Tensor>();
  try {
    for (let micro = 0; micro < accumulate; micro++) {
      const batch = await config.nextBatch();
      ids.push(...batch.ids);
      gradients = added(gradients, microStep(config, batch, { step, micro, sums }));
    }
    gradients = scaled(gradients, 1 / accumulate);
    const values = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / accumulate]));
    if (clipNorm !== undefined) {
      const clipped = clipGradNorm(gradients, clipNorm);
      tf.dispose([...gradients.values()]);
      gradients = clipped.gradients;
      values.gradientNorm = clipped.norm.dataSync()[0];
      clipped.norm.dispose();
      if (!Number.isFinite(values.gradientNorm)) throw new NonFiniteLossError(step + 1, ids, `the gradient norm is ${values.gradientNorm}`);
    }
    optimizer.step(gradients, learningRate);
    return { values, samples: ids.length };
  } finally {
    tf.dispose([...gradients.values()]);
  }
}

interface Micro {
  readonly step: number;
  readonly micro: number;
  readonly sums: Record<string, number>;
}

/** Gradients of one micro-batch, which it disposes; adds the values to the sums. */
function microStep<B extends Batch>(config: TrainStepConfig<B>, batch: B, { step, micro, sums }: Micro): Map<string, tf.Tensor> {
  const { gradientPass, seed, accumulate } = config;
  try {
    const result = gradientPass.call(batch, new Random(randomSeed(seed, step * accumulate + micro)).state[0]);
    const { total, terms, gradients, statistics } = result;
    const values = {
      ...Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, term.dataSync()[0]])),
      loss: total.dataSync()[0],
    };
    const finite = Number.isFinite(values.loss);
    if (finite) for (const [variable, value] of statistics) variable.assign(value as tf.Tensor<tf.Rank>);
    tf.dispose([total, terms, [...statistics.values()]] as tf.TensorContainer);
    if (!finite) {
      tf.dispose([...gradients.values()]);
      const parts = Object.entries(values).map(([name, value]) => `${name} ${value}`);
      throw new NonFiniteLossError(step + 1, batch.ids, `the loss is ${values.loss} (${parts.join(', ')})`);
    }
    for (const [name, value] of Object.entries(values)) sums[name] = (sums[name] ?? 0) + value;
    return gradients;
  } finally {
    tf.dispose(batch as object as tf.TensorContainer);
  }
}

/** The sum by name; both summands are freed. */
function added(sum: Map<string, tf.Tensor>, more: Map<string, tf.Tensor>): Map<string, tf.Tensor> {
  for (const [name, gradient] of more) {
    const before = sum.get(name);
    sum.set(name, before ? tf.add(before, gradient) : gradient);
    if (before) tf.dispose([before, gradient]);
  }
  return sum;
}

function scaled(gradients: Map<string, tf.Tensor>, factor: number): Map<string, tf.Tensor> {
  if (factor === 1) return gradients;
  const result = tf.tidy(() => [...gradients.values()].map((gradient) => tf.mul(gradient, factor)));
  tf.dispose([...gradients.values()]);
  return new Map([...gradients.keys()].map((name, i) => [name, result[i]]));
}
