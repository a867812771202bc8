import * as tf from '@tensorflow/tfjs-core';
import {
  completeTensors,
  predictWindows,
  segmentationFigures,
  type SegmentationFigures as Scores,
  type WholeMap,
  type WindowOptions,
} from '@rs/experiments';
import {
  argmaxLabels,
  CloudSplitAccumulator,
  CloudSplitCalibrationAccumulator,
  ImageQualityAccumulator,
  type CloudSplit,
  type Confusion,
} from '@rs/metrics';
import { labelCloudMask, type Patch } from './data.js';
import type { Forward, RemovalForward } from './forward.js';

export interface SegmentationFigures extends Scores {
  readonly ECE: number;
  readonly confusion: readonly (readonly number[])[]; // pixels; row: label, column: prediction
  readonly calibration: Calibration;
}

/** Means of the pixels in 15 equal bins of confidence; NaN in empty ones. */
export interface Calibration {
  readonly count: readonly number[];
  readonly confidence: readonly number[];
  readonly accuracy: readonly number[];
  readonly ece: number;
}

export interface QualityFigures {
  readonly SSIM: number;
  readonly PSNR: number; // dB
  readonly MAE: number;
}

/** What a network is scored by that removes clouds alone. */
export interface RemovalEvaluation {
  readonly patches: number;
  readonly quality: QualityFigures;
}

/** What a row of the tables is made of; fractions, not percent. */
export interface Evaluation {
  readonly patches: number;
  readonly segmentation: CloudSplit<SegmentationFigures>;
  readonly quality?: QualityFigures; // of the reconstruction clipped to [0,1], against the cloud-free image
}

export interface EvaluateOptions extends WindowOptions {
  readonly numClasses: number;
  readonly input: 'cloudy' | 'cloudFree'; // what the optical stream sees; a teacher sees cloud-free images
}

/** Scores a model on whole patches: one confusion matrix over the set, clouds by the mask of the data (spec/edc.md, section 9). */
export async function evaluate(forward: Forward, patches: AsyncIterable<Patch>, options: EvaluateOptions): Promise<Evaluation> {
  const { numClasses, input } = options;
  const scores = new CloudSplitAccumulator({ numClasses, ignoreIndex: 255 });
  const calibration = new CloudSplitCalibrationAccumulator({ bins: 15, ignoreIndex: 255, fromLogits: true });
  const quality = new ImageQualityAccumulator({ dataRange: 1 });
  let done = 0;
  for await (const patch of patches) {
    const { height, width, data } = patch.label;
    const tensors = completeTensors([patch]);
    const grids = { logits: [height, width] as const };
    const { logits, reconstruction } = predictWindows(forward, { optical: tensors[input], sar: tensors.sar }, { ...options, grids });
    const cloudFree = { shape: tensors.cloudFree.shape, data: tensors.cloudFree.dataSync() };
    tf.dispose(tensors as tf.TensorContainer);

    const target = { shape: [1, height, width], data };
    const cloudy = { shape: target.shape, data: labelCloudMask(patch) };
    scores.update(target, argmaxLabels(logits), cloudy);
    calibration.update(logits, target, cloudy);
    if (reconstruction) quality.update(clipped(reconstruction), cloudFree);
    done++;
  }
  const split = scores.compute();
  const calibrated = calibration.compute();
  const figures = (part: keyof CloudSplit<unknown>): SegmentationFigures => {
    const { count, confidence, accuracy, ece } = calibrated[part];
    return {
      ...segmentationFigures(split[part]),
      ECE: ece,
      confusion: rowsOf(split[part].confusion),
      calibration: { count: [...count], confidence: [...confidence], accuracy: [...accuracy], ece },
    };
  };
  return {
    patches: done,
    segmentation: { all: figures('all'), cloudFree: figures('cloudFree'), cloudy: figures('cloudy') },
    ...(quality.compute().count > 0 && { quality: qualityFigures(quality) }),
  };
}

/** The same of a network that removes clouds alone. */
export async function evaluateRemoval(
  forward: RemovalForward,
  patches: AsyncIterable<Patch>,
  options: WindowOptions,
): Promise<RemovalEvaluation> {
  const quality = new ImageQualityAccumulator({ dataRange: 1 });
  let done = 0;
  for await (const patch of patches) {
    const tensors = completeTensors([patch]);
    const { reconstruction } = predictWindows(forward, { optical: tensors.cloudy, sar: tensors.sar }, options);
    quality.update(clipped(reconstruction), tensors.cloudFree);
    tf.dispose(tensors as tf.TensorContainer);
    done++;
  }
  return { patches: done, quality: qualityFigures(quality) };
}

const clipped = ({ shape, data }: WholeMap): WholeMap => ({ shape, data: data.map((value) => Math.min(1, Math.max(0, value))) });

function qualityFigures(quality: ImageQualityAccumulator): QualityFigures {
  const { ssim, psnr, mae } = quality.compute();
  return { SSIM: ssim, PSNR: psnr, MAE: mae };
}

function rowsOf({ data, shape: [classes] }: Confusion): number[][] {
  return Array.from({ length: classes }, (_, row) => [...data.subarray(row * classes, (row + 1) * classes)]);
}

/** The cloudy image itself taken as reconstruction: the floor that cloud removal has to beat. */
export async function cloudyFloor(patches: AsyncIterable<Patch>): Promise<QualityFigures> {
  const quality = new ImageQualityAccumulator({ dataRange: 1 });
  for await (const patch of patches) {
    const tensors = completeTensors([patch]);
    quality.update(tensors.cloudy, tensors.cloudFree);
    tf.dispose(tensors as tf.TensorContainer);
  }
  return qualityFigures(quality);
}
