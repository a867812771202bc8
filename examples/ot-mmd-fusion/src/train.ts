import * as tf from '@tensorflow/tfjs-core';
import { maskedCrossEntropy } from '@rs/losses';
import { countParameters, type TrainPass } from '@rs/nn';
import { segmenterVariants, type OtMmdSegmenter } from '@rs/ot-mmd-fusion';
import {
  adamW,
  cosineToZero,
  fit,
  sgd,
  type Evaluation as Score,
  type FitResult,
  type Json,
  type LossTerms,
  type ParameterGroup,
  type Schedule,
  type UpdateRule,
} from '@rs/train';
import { backwardOutput } from './build-model.js';
import type { Config } from './config.js';
import type { TrainBatch } from './data.js';
import type { Place } from './place.js';
import type { Row } from './rows.js';

export interface TrainOptions extends Pick<Place, 'config' | 'splits' | 'seed' | 'eager' | 'quiet'> {
  readonly checkpoints: string; // folder of this run's
  readonly validate: (step: number) => Promise<Score>;
}

/** No weight decay on norms, the scans' rates A and skips D (spec/ot-mmd-fusion.md, section 10). */
const undecayed: ParameterGroup = {
  match: /(^|\.)(A_logs?|A_b_log|Ds?|D_b|bn\d?\.\w+|downsample\.1\.\w+|(ln_1|\w*norm)\.\w+)$/,
  weightDecay: 0,
};
const held: ParameterGroup = { match: backwardOutput, learningRate: 0, weightDecay: 0 };

/** L = cross-entropy + lambda alignLoss (section 9), by the recipe of the config. */
export function train(model: OtMmdSegmenter, row: Row, options: TrainOptions): Promise<FitResult> {
  const { config, splits, seed, checkpoints, validate, eager, quiet } = options;
  const { training, data } = config;
  const lambda = row.lambda ?? config.loss.lambda;
  const hasAlignment = row.variant !== 'A' && !('mmd' in segmenterVariants[row.variant]);
  const loss = ({ image, aux, labels }: TrainBatch, pass: TrainPass): LossTerms => {
    const { logits, alignLoss, alignLosses } = model.call(image, aux, pass);
    const crossEntropy = maskedCrossEntropy(logits, labels);
    if (!hasAlignment) return { total: crossEntropy, terms: { crossEntropy } };
    const stages = tf.unstack(alignLosses).map((term, i): [string, tf.Scalar] => [mmdTerm(i), term as tf.Scalar]);
    return { total: tf.add(crossEntropy, tf.mul(alignLoss, lambda)), terms: { crossEntropy, ...Object.fromEntries(stages) } };
  };
  return fit({
    model,
    loss,
    data: splits.trainingBatches({ window: data.window, flips: training.flips, batchSize: training.microBatch, seed }),
    eager,
    rule: ruleOf(training),
    groups: row.forwardOnly ? [held, undecayed] : [undecayed],
    schedule: scheduleOf(training),
    steps: training.steps,
    seed,
    accumulate: training.batchSize / training.microBatch,
    evaluate: { every: training.evaluateEvery, run: validate },
    checkpoint: { folder: checkpoints, every: Math.min(training.evaluateEvery, 100), config: { row, ...config } as unknown as Json },
    label: `${row.label}, ${(countParameters(model) / 1e6).toFixed(2)} M parameters`,
    quiet,
  });
}

/** The curve of a stage's alignment loss, counted from 0. */
export const mmdTerm = (stage: number): string => `MMD, stage ${stage + 1}`;

function ruleOf({ rule, weightDecay }: Config['training']): UpdateRule {
  return rule.name === 'adamw' ? adamW({ weightDecay }) : sgd({ momentum: rule.momentum, weightDecay });
}

function scheduleOf({ schedule, rate, steps }: Config['training']): Schedule {
  if (schedule.name === 'cosine') return cosineToZero({ rate, steps, warmupSteps: schedule.warmup });
  return (step) => rate * 0.1 ** schedule.milestones.filter((milestone) => step >= milestone).length;
}
