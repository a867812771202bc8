import * as tf from '@tensorflow/tfjs-core';
import {
  completeTensors,
  predictWindows,
  segmentationFigures,
  type SegmentationFigures as Scores,
  type WindowOptions,
} from '@rs/experiments';
import {
  argmaxLabels,
  CloudSplitAccumulator,
  CloudSplitCalibrationAccumulator,
  ImageQualityAccumulator,
  type CloudSplit,
} from '@rs/metrics';
import { labelCloudMask, type Patch } from './data.js';
import type { Forward } from './forward.js';

export interface SegmentationFigures extends Scores {
  readonly ECE: number;
}

export interface QualityFigures {
  readonly SSIM: number;
  readonly PSNR: number; // dB
  readonly MAE: number;
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
    if (reconstruction) {
      const clipped = reconstruction.data.map((value) => Math.min(1, Math.max(0, value)));
      quality.update({ shape: reconstruction.shape, data: clipped }, cloudFree);
    }
    done++;
  }
  const split = scores.compute();
  const calibrated = calibration.compute();
  const figures = (part: keyof CloudSplit<unknown>): SegmentationFigures => ({
    ...segmentationFigures(split[part]),
    ECE: calibrated[part].ece,
  });
  const { ssim, psnr, mae, count } = quality.compute();
  return {
    patches: done,
    segmentation: { all: figures('all'), cloudFree: figures('cloudFree'), cloudy: figures('cloudy') },
    ...(count > 0 && { quality: { SSIM: ssim, PSNR: psnr, MAE: mae } }),
  };
}

/** The cloudy image itself taken as reconstruction: the floor that cloud removal has to beat. */
export async function cloudyFloor(patches: AsyncIterable<Patch>): Promise<QualityFigures> {
  const quality = new ImageQualityAccumulator({ dataRange: 1 });
  for await (const patch of patches) {
    const tensors = completeTensors([patch]);
    quality.update(tensors.cloudy, tensors.cloudFree);
    tf.dispose(tensors as tf.TensorContainer);
  }
  const { ssim, psnr, mae } = quality.compute();
  return { SSIM: ssim, PSNR: psnr, MAE: mae };
}
