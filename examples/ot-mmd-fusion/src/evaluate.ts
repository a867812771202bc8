import * as tf from '@tensorflow/tfjs-core';
import { predictWindows, segmentationFigures, type SegmentationFigures, type WindowOptions } from '@rs/experiments';
import { argmaxLabels, SegmentationAccumulator } from '@rs/metrics';
import type { OtMmdSegmenter } from '@rs/ot-mmd-fusion';
import { borderBand, pieces } from './borders.js';
import { pairTensors, type PairSample, type PairSplits } from './data.js';
import type { Forward, ForwardInputs } from './forward.js';
import { stageMatching, type StageMatching } from './matching.js';
import { stagesOf } from './tokens.js';

/** What a row of the tables is made of; fractions, not percent. */
export interface Evaluation {
  readonly scenes: number;
  readonly segmentation: SegmentationFigures;
  readonly borderMIoU: number; // of the pixels within `bandWidth` of a class border
  readonly pieces: number; // connected pieces of the predictions for one of the labels
  readonly zeroedMIoU: number; // the second sensor replaced by zeros
  readonly swappedMIoU: number; // by that of the next scene
  readonly untrained: readonly StageMatching[]; // a stage each; none where the variant has no tokens
  readonly matching: readonly ShiftedMatching[]; // after training
}

export interface ShiftedMatching {
  readonly shift: number; // pixels that the second sensor was moved sideways
  readonly stages: readonly StageMatching[];
}

export interface EvaluateOptions extends WindowOptions, Pick<PairSplits, 'classes' | 'meanClasses'> {}

/** Pixels round a class border that `borderMIoU` looks at. */
export const bandWidth = 3;

/** Scores a model on whole scenes, one confusion matrix over the set (spec/ot-mmd-fusion.md, section 10). */
export async function segmentation(
  forward: Forward,
  samples: AsyncIterable<PairSample>,
  { classes, meanClasses, ...windows }: EvaluateOptions,
): Promise<Pick<Evaluation, 'scenes' | 'segmentation' | 'borderMIoU' | 'pieces'>> {
  const counting = { numClasses: classes.length, ignoreIndex: 255, ...(meanClasses && { meanClasses }) };
  const all = new SegmentationAccumulator(counting);
  const borders = new SegmentationAccumulator(counting);
  const found = { predicted: 0, labelled: 0 };
  let scenes = 0;
  for await (const sample of samples) {
    const { height, width, data } = sample.label;
    const shape = [1, height, width];
    const prediction = predict(forward, sample, windows);
    all.update({ shape, data }, { shape, data: prediction });
    borders.update({ shape, data }, { shape, data: prediction }, { shape, data: borderBand(sample.label, bandWidth) });
    found.predicted += pieces({ height, width, data: prediction.map((id, i) => (data[i] === 255 ? 255 : id)) });
    found.labelled += pieces(sample.label);
    scenes++;
  }
  return {
    scenes,
    segmentation: segmentationFigures(all.compute()),
    borderMIoU: borders.compute().mIoU,
    pieces: found.predicted / found.labelled,
  };
}

/** mIoU with zeros, or what the second sensor saw of the next sample, in the place of the second sensor. */
export async function withoutAux(
  forward: Forward,
  { test, load }: Pick<PairSplits, 'test' | 'load'>,
  kind: 'zeroed' | 'swapped',
  { classes, meanClasses, ...windows }: EvaluateOptions,
): Promise<number> {
  const scores = new SegmentationAccumulator({ numClasses: classes.length, ignoreIndex: 255, ...(meanClasses && { meanClasses }) });
  for (const [i, sample] of test.entries()) {
    const loaded = await load(sample);
    const other = kind === 'swapped' ? await load(test[(i + 1) % test.length]) : undefined;
    const { height, width, data } = loaded.label;
    const prediction = predict(forward, loaded, windows, (aux) => (other ? auxOf(other, aux.shape) : tf.zerosLike(aux)));
    scores.update({ shape: [1, height, width], data }, { shape: [1, height, width], data: prediction });
  }
  return scores.compute().mIoU;
}

/** Class ids of a sample; `change` makes what is seen in the place of its second sensor. */
export function predict(
  forward: Forward,
  sample: PairSample,
  windows: WindowOptions,
  change: (aux: tf.Tensor4D) => tf.Tensor4D = tf.clone,
): Int32Array {
  const { image, aux, labels } = pairTensors([sample]);
  const seen = change(aux);
  const { logits } = predictWindows(forward, { image, aux: seen }, windows);
  tf.dispose([image, aux, labels, seen]);
  return argmaxLabels(logits).data;
}

/** The middle windows of the first `count` samples, in one batch. The caller disposes the tensors. */
export async function middles({ test, load }: Pick<PairSplits, 'test' | 'load'>, count: number, window: number): Promise<ForwardInputs> {
  const cuts: { image: tf.Tensor4D; aux: tf.Tensor4D }[] = [];
  for (const sample of test.slice(0, count)) {
    const { image, aux, labels } = pairTensors([await load(sample)]);
    const [, height, width] = image.shape;
    const cut = (x: tf.Tensor4D): tf.Tensor4D =>
      tf.slice(x, [0, (height - window) >> 1, (width - window) >> 1, 0], [1, window, window, x.shape[3]]);
    cuts.push({ image: cut(image), aux: cut(aux) });
    tf.dispose([image, aux, labels]);
  }
  const batch = { image: tf.concat(cuts.map(({ image }) => image)), aux: tf.concat(cuts.map(({ aux }) => aux)) };
  tf.dispose(cuts);
  return batch;
}

/** How tokens find each other; with `shift`, the second sensor moved that many pixels to the right, its edge repeated. */
export function matchingOf(model: OtMmdSegmenter, { image, aux }: ForwardInputs, shift = 0): StageMatching[] {
  const stages = tf.tidy(() => stagesOf(model, image, movedRight(aux, shift)).tokens);
  const found = stages.map(stageMatching);
  tf.dispose(stages);
  return found;
}

function movedRight(x: tf.Tensor4D, pixels: number): tf.Tensor4D {
  if (pixels === 0) return x;
  const [batch, height, width, channels] = x.shape;
  const edge = tf.tile(tf.slice(x, 0, [batch, height, 1, channels]), [1, 1, pixels, 1]);
  return tf.concat([edge, tf.slice(x, 0, [batch, height, width - pixels, channels])], 2);
}

/** What the second sensor saw of a sample, cut, or its last row and column repeated, to the rows and columns of `shape`. */
function auxOf(sample: PairSample, [, height, width]: readonly number[]): tf.Tensor4D {
  return tf.tidy(() => {
    const { aux } = pairTensors([sample]);
    const places = (length: number, available: number): tf.Tensor1D =>
      tf.tensor1d(Array.from({ length }, (_, i) => Math.min(i, available - 1)), 'int32'); // prettier-ignore
    return tf.gather(tf.gather(aux, places(height, aux.shape[1]), 1), places(width, aux.shape[2]), 2);
  });
}
