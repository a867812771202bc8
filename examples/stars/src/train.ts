import { trainingSource } from '@rs/experiments';
import { countParameters, Random } from '@rs/nn';
import { sampleStages, type StageSamples } from '@rs/stars-align';
import { adam, fit, warmupCosine, type Evaluation as Score, type FitResult, type Json } from '@rs/train';
import type { TrainBatch } from './data.js';
import type { Network } from './networks.js';
import type { Place } from './place.js';
import type { Row } from './rows.js';

export interface TrainOptions extends Pick<Place, 'config' | 'splits' | 'seed' | 'eager' | 'quiet'> {
  readonly checkpoints: string; // folder of this run's
  readonly validate: (step: number) => Promise<Score>;
}

/** A finished training, and what of it drawing the pixels took. */
export interface Trained extends FitResult {
  readonly samplerSeconds: number; // of this session, all steps together
}

/** The paper's recipe (spec, section 4): Adam with L2 on clipped gradients, a line up, then a cosine to 0; flips and quarter turns. */
export async function trainRow(network: Network, row: Row, options: TrainOptions): Promise<Trained> {
  const { config, splits, seed, checkpoints, validate, eager, quiet } = options;
  const { training } = config;
  const { source } = trainingSource<'optical' | 'label'>({
    samples: splits.train,
    load: splits.load,
    crop: config.data.crop,
    symmetries: true,
    batchSize: training.batchSize,
    seed,
  });
  let samplerSeconds = 0;
  const data = async (position: number): Promise<TrainBatch> => {
    const batch = await source(position);
    if (row.network.kind !== 'stars') return batch;
    const start = performance.now();
    const samples = sampledPixels(batch, row.network.variant.perClass, options, new Random(seed * 2 ** 32 + position));
    samplerSeconds += (performance.now() - start) / 1000;
    return { ...batch, ...samples };
  };
  const { startRate, rate, warmup: warmupSteps, steps, weightDecay, clipNorm, evaluateEvery } = training;
  const result = await fit({
    model: network.model,
    loss: network.loss,
    data,
    eager,
    rule: adam({ weightDecay }),
    schedule: warmupCosine({ startRate, rate, warmupSteps, steps }),
    clipNorm,
    steps,
    seed,
    evaluate: { every: evaluateEvery, run: validate },
    checkpoint: { folder: checkpoints, every: Math.min(evaluateEvery, 100), config: { row, ...config } as unknown as Json },
    label: `${row.label}, ${(countParameters(network.model) / 1e6).toFixed(2)} M parameters`,
    quiet,
  });
  return { ...result, samplerSeconds };
}

function sampledPixels(
  { labels }: TrainBatch,
  perClass: number | 'all',
  { config, splits: { classes, excludeClasses } }: TrainOptions,
  random: Random,
): StageSamples {
  return sampleStages(labels, { stages: config.model.alignStages, perClass, numClasses: classes.length, excludeClasses }, random);
}
