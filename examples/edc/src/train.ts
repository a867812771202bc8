import * as tf from '@tensorflow/tfjs-core';
import { trainingSource } from '@rs/experiments';
import { edcTotal } from '@rs/losses';
import { countParameters, resize, type TrainPass } from '@rs/nn';
import {
  adamW,
  constantRate,
  cosineToZero,
  fit,
  linearWarmup,
  type Evaluation as Score,
  type FitResult,
  type Json,
  type LossTerms,
  type Schedule,
} from '@rs/train';
import type { Config } from './config.js';
import type { PatchSplits, TrainBatch } from './data.js';
import type { EDC } from './model.js';
import type { Row } from './rows.js';
import type { TeacherFeatures } from './teacher-features.js';

export interface TrainOptions {
  readonly config: Config;
  readonly splits: PatchSplits;
  readonly seed: number;
  readonly folder: string; // of this run's checkpoints
  readonly validate: (step: number) => Promise<Score>;
  readonly eager: boolean; // op by op instead of as one graph a step
  readonly quiet: boolean;
}

/** A batch with the teacher's features of it, where the row distils. */
type StudentBatch = TrainBatch & { readonly teacher?: tf.Tensor4D };

/** The teacher: cloud-free optical + SAR, segmentation loss alone (spec/edc.md, section 8). */
export function trainTeacher(model: EDC, row: Row, options: TrainOptions): Promise<FitResult> {
  const loss = (batch: TrainBatch, pass: TrainPass): LossTerms => {
    const { headLogits } = model.call({ optical: batch.cloudFree, sar: batch.sar }, pass);
    const logits = onLabelGrid(headLogits, batch);
    return named(edcTotal({ logits, labels: batch.labels, mask: batch.cloudMask }, { beta: 0, gamma: 0 }));
  };
  return train(model, { loss, prepare: (batch) => batch, row }, options);
}

/** A student: cloudy optical + SAR, with the losses of its row, eq. (10). */
export function trainStudent(model: EDC, row: Row, teacher: TeacherFeatures | undefined, options: TrainOptions): Promise<FitResult> {
  const { beta, gamma, normalization } = options.config.loss;
  const weights = { beta: row.cloudRemoval ? beta : 0, gamma: row.distillation ? gamma : 0, normalization };
  const loss = (batch: StudentBatch, pass: TrainPass): LossTerms => {
    const { headLogits, reconstruction, decoderFeatures } = model.call({ optical: batch.cloudy, sar: batch.sar }, pass);
    return named(
      edcTotal(
        {
          logits: onLabelGrid(headLogits, batch),
          labels: batch.labels,
          mask: batch.cloudMask,
          ...(reconstruction && { reconstruction, target: batch.cloudFree }),
          ...(batch.teacher && { student: decoderFeatures, teacher: batch.teacher }),
        },
        weights,
      ),
    );
  };
  const withTeacher = (batch: TrainBatch): StudentBatch => (teacher ? { ...batch, teacher: teacher.of(batch) } : batch);
  return train(model, { loss, prepare: withTeacher, row }, options);
}

/** Labels may lie on a coarser grid than the images: logits go straight from the head to it. */
const onLabelGrid = (headLogits: tf.Tensor4D, { labels: { shape } }: TrainBatch): tf.Tensor4D =>
  resize(headLogits, { size: [shape[1], shape[2]], mode: 'bilinear' });

const named = ({ total, ...terms }: ReturnType<typeof edcTotal>): LossTerms => ({
  total,
  terms: Object.fromEntries(Object.entries(terms).filter(([, term]) => term !== undefined)) as Record<string, tf.Scalar>,
});

interface Task<B extends TrainBatch> {
  readonly loss: (batch: B, pass: TrainPass) => LossTerms;
  readonly prepare: (batch: TrainBatch) => B; // adds what the loss compares with
  readonly row: Row;
}

function train<B extends TrainBatch>(
  model: EDC,
  { loss, prepare, row: { label: role, sees } }: Task<B>,
  { config, splits, seed, folder, validate, eager, quiet }: TrainOptions,
): Promise<FitResult> {
  const { training, data } = config;
  const accumulate = training.batchSize / training.microBatch;
  const { source, batchesPerEpoch } = trainingSource({
    samples: splits.train,
    load: splits.load,
    crop: data.crop,
    symmetries: false,
    batchSize: training.microBatch,
    seed,
  });
  const length = sees === 'cloudFree' ? training.teacher : training.student;
  const steps = 'steps' in length ? length.steps : Math.max(1, Math.round((length.epochs * batchesPerEpoch) / accumulate));
  return fit({
    model,
    loss,
    data: async (position) => prepare(await source(position)),
    eager,
    rule: adamW({ weightDecay: training.weightDecay }),
    schedule: scheduleOf(training, steps),
    steps,
    seed,
    accumulate,
    evaluate: { every: training.evaluateEvery, run: validate },
    checkpoint: { folder, every: Math.min(training.evaluateEvery, 100), config: { role, ...config } as unknown as Json },
    label: `${role}, ${(countParameters(model) / 1e6).toFixed(2)} M parameters`,
    quiet,
  });
}

function scheduleOf({ rate, warmup, schedule }: Config['training'], steps: number): Schedule {
  if (schedule === 'cosine') return cosineToZero({ rate, steps, warmupSteps: warmup });
  return warmup > 0 ? linearWarmup(rate, warmup) : constantRate(rate);
}
