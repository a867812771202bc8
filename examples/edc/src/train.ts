import * as tf from '@tensorflow/tfjs-core';
import { trainingSource } from '@rs/experiments';
import { cloudMaskedCharbonnier, edcTotal } from '@rs/losses';
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
import type { TrainBatch } from './data.js';
import type { CloudRemover, Segmenter } from './network.js';
import type { Place } from './place.js';
import type { SegmentationRow } from './rows.js';
import type { TeacherFeatures } from './teacher-features.js';

export interface TrainOptions extends Pick<Place, 'config' | 'splits' | 'seed' | 'eager' | 'quiet'> {
  readonly checkpoints: string; // folder of this run's
  readonly validate: (step: number) => Promise<Score>;
}

/** A batch with the teacher's features of it, where the row distils. */
type StudentBatch = TrainBatch & { readonly teacher?: tf.Tensor4D };

/** The teacher: cloud-free optical + SAR, segmentation loss alone (spec/edc.md, section 8). */
export function trainTeacher(model: Segmenter, row: SegmentationRow, options: TrainOptions): Promise<FitResult> {
  const loss = (batch: TrainBatch, pass: TrainPass): LossTerms => {
    const { headLogits } = model.call({ optical: batch.cloudFree, sar: batch.sar }, pass, { reconstruct: false });
    const logits = onLabelGrid(headLogits, batch);
    return named(edcTotal({ logits, labels: batch.labels, mask: batch.cloudMask }, { beta: 0, gamma: 0 }));
  };
  return train(model, { loss, prepare: (batch) => batch, row }, options);
}

/** A student: cloudy optical + SAR, with the losses of its row, eq. (10). */
export function trainStudent(
  model: Segmenter,
  row: SegmentationRow,
  teacher: TeacherFeatures | undefined,
  options: TrainOptions,
): Promise<FitResult> {
  const { beta, gamma, normalization } = options.config.loss;
  const weights = {
    beta: row.cloudRemoval ? beta : 0,
    gamma: row.distillation ? gamma : 0,
    normalization: row.normalization ?? normalization,
  };
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

/** Two of the four, Align-CR and GLF-CR, diverge within ten steps at the 8e-3 of `config/synthetic.yaml`. */
export const mostRateOfRemovers = 1e-3;

/** A network that removes clouds alone: cloudy optical + SAR, the Charbonnier loss of EDC's reconstruction, eq. (8). */
export function trainRemover(model: CloudRemover, label: string, options: TrainOptions): Promise<FitResult> {
  const loss = (batch: TrainBatch, pass: TrainPass): LossTerms => {
    const { reconstruction } = model.call({ optical: batch.cloudy, sar: batch.sar }, pass);
    return { total: cloudMaskedCharbonnier(reconstruction, batch.cloudFree, batch.cloudMask), terms: {} };
  };
  const rate = Math.min(options.config.training.rate, mostRateOfRemovers);
  return train(model, { loss, prepare: (batch) => batch, row: { label, sees: 'cloudy' }, rate }, options);
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
  readonly row: Pick<SegmentationRow, 'label' | 'sees'>;
  readonly rate?: number; // where it is not that of the config
}

function train<B extends TrainBatch>(
  model: object,
  { loss, prepare, row: { label: role, sees }, rate }: Task<B>,
  { config, splits, seed, checkpoints, validate, eager, quiet }: TrainOptions,
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
    schedule: scheduleOf({ ...training, rate: rate ?? training.rate }, steps),
    steps,
    seed,
    accumulate,
    evaluate: { every: training.evaluateEvery, run: validate },
    checkpoint: { folder: checkpoints, every: Math.min(training.evaluateEvery, 100), config: { role, ...config } as unknown as Json },
    label: `${role}, ${(countParameters(model) / 1e6).toFixed(2)} M parameters`,
    quiet,
  });
}

function scheduleOf({ rate, warmup, schedule }: Config['training'], steps: number): Schedule {
  if (schedule === 'cosine') return cosineToZero({ rate, steps, warmupSteps: warmup });
  return warmup > 0 ? linearWarmup(rate, warmup) : constantRate(rate);
}
