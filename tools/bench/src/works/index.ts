import type { Work } from '../cases.js';
import { prepareEdcForward, prepareEdcStep } from './edc.js';
import { prepareDchf, prepareFasterViT } from './encoders.js';
import { prepareLosses } from './losses.js';
import { prepareScores } from './metrics.js';
import type { Prepared } from './prepared.js';
import { prepareRaster } from './raster.js';
import { prepareScan } from './scan.js';

export type { Prepared } from './prepared.js';

export interface Surroundings {
  readonly eager: boolean; // op by op instead of as captured graphs
  readonly file: string; // where the peer writes what both read
}

export function prepare(work: Work, { eager, file }: Surroundings): Prepared | Promise<Prepared> {
  switch (work.kind) {
    case 'edc-forward':
      return prepareEdcForward(work, eager, `${file}.onnx`);
    case 'edc-step':
      return prepareEdcStep(work, eager);
    case 'fastervit-forward':
      return prepareFasterViT(work, eager);
    case 'dchf-forward':
      return prepareDchf(work, eager);
    case 'edc-losses':
      return prepareLosses(work, eager);
    case 'selective-scan':
      return prepareScan(work, eager);
    case 'segmentation-scores':
      return prepareScores(work);
    case 'read-raster':
      return prepareRaster(file);
  }
}
