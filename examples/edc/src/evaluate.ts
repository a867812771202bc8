import * as tf from '@tensorflow/tfjs-core';
import { toTensors, type LoadedSample } from '@rs/datasets';
import {
  argmaxLabels,
  CloudSplitAccumulator,
  CloudSplitCalibrationAccumulator,
  ImageQualityAccumulator,
  type CloudSplit,
} from '@rs/metrics';
import { labelCloudMask, type Patch } from './data.js';
import { predictPatch, type Forward, type PatchPrediction, type WindowOptions } from './sliding-windows.js';

export interface SegmentationFigures {
  readonly mIoU: number;
  readonly mPA: number;
  readonly ECE: number;
  readonly perClassIoU: readonly number[]; // NaN for a class that is in neither map
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

export interface PatchResult extends PatchPrediction {
  readonly labels: Int32Array; // [h,w]
}

export interface EvaluateOptions extends WindowOptions {
  readonly numClasses: number;
  readonly input: 'cloudy' | 'cloudFree'; // what the optical stream sees; a teacher sees cloud-free images
  readonly onPatch?: (patch: Patch, result: PatchResult, done: number) => void;
}

/** Scores a model on whole patches: one confusion matrix over the set, clouds by the mask of the data (spec/edc.md, section 9). */
export async function evaluate(forward: Forward, patches: AsyncIterable<Patch>, options: EvaluateOptions): Promise<Evaluation> {
  const { numClasses, input, onPatch } = options;
  const scores = new CloudSplitAccumulator({ numClasses, ignoreIndex: 255 });
  const calibration = new CloudSplitCalibrationAccumulator({ bins: 15, ignoreIndex: 255, fromLogits: true });
  const quality = new ImageQualityAccumulator({ dataRange: 1 });
  let done = 0;
  for await (const patch of patches) {
    const { height, width, data } = patch.label;
    const tensors = toTensors([patch as LoadedSample]);
    const prediction = predictPatch(forward, tensors[input] as tf.Tensor4D, tensors.sar as tf.Tensor4D, [height, width], options);
    const cloudFree = (tensors.cloudFree as tf.Tensor4D).dataSync();
    tf.dispose(tensors as tf.TensorContainer);

    const shape = [1, height, width];
    const target = { shape, data };
    const cloudy = { shape, data: labelCloudMask(patch) };
    const logits = { shape: [...shape, numClasses], data: prediction.logits };
    const labels = argmaxLabels(logits);
    scores.update(target, labels, cloudy);
    calibration.update(logits, target, cloudy);
    if (prediction.reconstruction) {
      const imageShape = [1, patch.cloudFree.height, patch.cloudFree.width, patch.cloudFree.bands];
      const clipped = prediction.reconstruction.map((value) => Math.min(1, Math.max(0, value)));
      quality.update({ shape: imageShape, data: clipped }, { shape: imageShape, data: cloudFree });
    }
    onPatch?.(patch, { ...prediction, labels: labels.data }, ++done);
  }
  const split = scores.compute();
  const calibrated = calibration.compute();
  const figures = (part: keyof CloudSplit<unknown>): SegmentationFigures => ({
    mIoU: split[part].mIoU,
    mPA: split[part].mPA,
    ECE: calibrated[part].ece,
    perClassIoU: [...split[part].perClassIoU],
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
    const tensors = toTensors([patch as LoadedSample]);
    quality.update(tensors.cloudy as tf.Tensor4D, tensors.cloudFree as tf.Tensor4D);
    tf.dispose(tensors as tf.TensorContainer);
  }
  const { ssim, psnr, mae } = quality.compute();
  return { SSIM: ssim, PSNR: psnr, MAE: mae };
}
