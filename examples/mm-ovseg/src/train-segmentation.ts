import type * as tf from '@tensorflow/tfjs-core';
import type { SampleBatch } from '@rs/experiments';
import { ovsegLoss } from '@rs/losses';
import { parameterGroups, type MmOvSeg, type ParameterGroup } from '@rs/ovseg';
import { cosineToZero, type DataSource, type FitResult, type LossTerms, type ParameterGroup as RateGroup } from '@rs/train';
import type { Config } from './config.js';
import { trainStage } from './train-stage.js';

/** Optical and SAR images in 0..255, labels of the seen classes alone. */
export type SegmentationBatch = SampleBatch<'optical' | 'sar' | 'label'>;

export interface SegmentationOptions {
  readonly config: Pick<Config, 'segmentation' | 'weightDecay'>;
  readonly label: string;
  readonly source: DataSource<SegmentationBatch>;
  readonly words: tf.Tensor2D; // int32 [T,L], the prompts of the seen classes
  readonly seed: number;
  readonly folder: string; // of checkpoints
  readonly eager: boolean;
  readonly quiet: boolean;
}

/** Stage 2: open-vocabulary segmentation. Frozen parts stay, partly trained ones have rates of their own. */
export function trainSegmentation(model: MmOvSeg, options: SegmentationOptions): Promise<FitResult> {
  const { config, words, ...rest } = options;
  const { steps, rate, warmup, clipNorm, loss: kind } = config.segmentation;
  const { trainable, groups } = rateGroups(model, config);
  const loss = ({ optical, sar, labels }: SegmentationBatch): LossTerms => {
    const { logits } = model.call({ image: optical, sar, ids: words });
    return { total: ovsegLoss(logits, labels, { kind }) };
  };
  const { weightDecay } = config;
  const schedule = cosineToZero({ rate, steps, warmupSteps: warmup });
  return trainStage({ ...rest, model, loss, trainable, groups, steps, schedule, clipNorm, weightDecay, config });
}

/** What is trained, and at which rates: MM-OVSeg, section 4.1. */
export function rateGroups(
  model: MmOvSeg,
  { segmentation: { clipRate, dinoRate }, weightDecay }: Pick<Config, 'segmentation' | 'weightDecay'>,
): { readonly trainable: (name: string) => boolean; readonly groups: readonly RateGroup[] } {
  const known = parameterGroups(model);
  const rates: Readonly<Record<ParameterGroup['part'], number>> = { frozen: 0, clip: clipRate, dino: dinoRate, fusion: 1 };
  const groups = (['clip', 'dino', 'fusion'] as const).flatMap((part) =>
    [true, false].map((decayed) => ({
      match: (name: string) => known.get(name)?.part === part && known.get(name)?.weightDecay === decayed,
      learningRate: rates[part],
      weightDecay: decayed ? weightDecay : 0,
    })),
  );
  const trainable = (name: string): boolean => known.get(name)?.part !== 'frozen';
  const trained = [...known.keys()].filter(trainable);
  return { trainable, groups: groups.filter(({ match }) => trained.some(match)) };
}
