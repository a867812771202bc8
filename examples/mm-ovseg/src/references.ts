import { meanAndSpread } from '@rs/experiments';
import type { Spread } from '@rs/report';
import type { Config } from './config.js';
import { mmOvSeg, opticalDino, opticalOnly, withoutCmu } from './rows.js';

/** Three runs of an independent PyTorch implementation of this protocol, whose test tiles were those of world 900 + run. */
export const referenceSource =
  'three runs of a PyTorch implementation of this protocol (stage 2 on world 300 + run, scored on world 900 + run: other tiles than here)';

/** Whether a config has the sizes and steps of those runs; figures of other ones say nothing beside them. */
export function isReferenceProtocol({ data, pretraining: { clip, dino, cmu }, segmentation }: Config): boolean {
  const tiles = [data.pretraining, data.train, data.test].map(({ count }) => count);
  const steps = [clip, dino, cmu, segmentation].map((stage) => stage.steps);
  return data.size === 32 && tiles.every((count) => count === 256) && String(steps) === '500,200,300,300';
}

const runs = (...values: readonly number[]): Spread => meanAndSpread(values) as Spread;
/** Mean, least and largest of three runs give the third. */
const range = (mean: number, low: number, high: number): Spread => runs(low, high, 3 * mean - low - high);

/** Figures of Table 3's rows, in percent; of cloudy pixels unless they say otherwise. */
export const tableReferences = {
  'all pixels': {
    [opticalOnly.label]: range(11.6, 10.1, 12.4),
    [opticalDino.label]: range(13.5, 12.1, 14.4),
    [withoutCmu.label]: range(17.3, 16.6, 18.9),
    [mmOvSeg.label]: range(19.6, 18.1, 20.6),
  },
  cloudy: {
    [opticalOnly.label]: runs(8.3, 10.6, 10.2),
    [opticalDino.label]: runs(11.6, 10.5, 12),
    [withoutCmu.label]: runs(16.2, 13.2, 14.6),
    [mmOvSeg.label]: runs(17.9, 18.3, 16.4),
  },
  clear: {
    [opticalOnly.label]: range(13.1, 11.4, 14.3),
    [opticalDino.label]: range(15.1, 13.4, 16.3),
    [withoutCmu.label]: range(19.7, 18.3, 21.1),
    [mmOvSeg.label]: range(21.5, 19.6, 22.7),
  },
  seen: {
    [opticalOnly.label]: range(11.7, 10.9, 12.5),
    [opticalDino.label]: range(12.3, 11.8, 13.4),
    [withoutCmu.label]: range(19.5, 18.4, 20.3),
    [mmOvSeg.label]: range(21.7, 19.6, 25.4),
  },
  unseen: {
    [opticalOnly.label]: runs(1.9, 6, 6.6),
    [opticalDino.label]: runs(11.3, 7.4, 8.3),
    [withoutCmu.label]: runs(5.9, 0.3, 1.8),
    [mmOvSeg.label]: runs(13.5, 0.6, 7.2),
  },
  'AUC seen': {
    [opticalOnly.label]: range(56.6, 56, 56.9),
    [opticalDino.label]: range(58.7, 56.9, 62.4),
    [withoutCmu.label]: range(71.1, 68.1, 75.4),
    [mmOvSeg.label]: range(68.2, 62.6, 73.4),
  },
  'AUC unseen': {
    [opticalOnly.label]: range(52, 50.2, 54.2),
    [opticalDino.label]: range(59.3, 57.6, 61.5),
    [withoutCmu.label]: range(43.8, 32.8, 57.7),
    [mmOvSeg.label]: range(56.3, 46, 66.9),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Spread>>>>;

/** Figures of pre-training, in percent (cosines as they are). */
export const pretrainingReferences = {
  'CLIP alone, segmentation by words, clear': runs(23.8, 22, 22.4),
  'CLIP alone, segmentation by words, cloudy': runs(7.6, 8.7, 10.6),
  'linear probe of DINO, clear optical': runs(42.4, 42.9, 44),
  'linear probe of DINO, cloudy optical': runs(18.4, 19.8, 19.6),
  'linear probe on SAR, copy of the DINO': runs(26.5, 26, 25.4),
  'linear probe on SAR, after CMU': runs(28.4, 28.7, 28.1),
  'retrieval of the own token, copy of the DINO': runs(0.4, 0.4, 0.6),
  'retrieval of the own token, after CMU': runs(1.5, 1.7, 2),
  'cosine of SAR and optical token, copy of the DINO': runs(-0.16, 0.23, -0.08),
  'cosine of SAR and optical token, after CMU': runs(0.09, 0.1, 0.14),
} as const satisfies Readonly<Record<string, Spread>>;
