import fc from 'fast-check';
import { batchShapes, type ShapeOptions } from './batch-shapes.js';
import type { Image, LabelMap, Mask } from './host-array.js';
import { integerBelow, normal, seeded } from './seeded.js';

export type SegmentationBatch = Readonly<{
  logits: Image; // [N,H,W,K] normal scores
  labels: LabelMap; // [N,H,W] 0..K-1, and ignoreIndex where the mask is 0, when there is one
  mask: Mask; // [N,H,W] 1 = counts
}>;

export type LabelPair = Readonly<{
  target: LabelMap; // [N,H,W] 0..K-1, and ignoreIndex where the mask is 0, when there is one
  pred: LabelMap; // [N,H,W] 0..K-1, right about half of the time
  mask: Mask; // [N,H,W] 1 = counts
}>;

export interface SegmentationOptions extends ShapeOptions {
  readonly numClasses?: number; // K; default 4
  readonly ignoreIndex?: number; // the label of pixels whose mask is 0; default: they have a class like the others
}

/** Logits, labels and a mask, as a segmentation loss takes them. */
export function segmentationBatches({ numClasses = 4, ...options }: SegmentationOptions = {}): fc.Arbitrary<SegmentationBatch> {
  return fc.record({ pair: labelPairs({ numClasses, ...options }), seed: fc.nat() }).map(({ pair: { target, mask }, seed }) => {
    const draw = seeded(seed);
    const logits = Float32Array.from({ length: target.data.length * numClasses }, () => normal(draw));
    return { logits: { shape: [...target.shape, numClasses], data: logits }, labels: target, mask };
  });
}

/** A label map, a prediction and a mask, as a segmentation metric takes them. */
export function labelPairs({ numClasses = 4, ignoreIndex, ...options }: SegmentationOptions = {}): fc.Arbitrary<LabelPair> {
  return fc.record({ shape: batchShapes(options), valid: fc.constantFrom(0, 0.7, 1) }).map(({ shape: { n, h, w, seed }, valid }) => {
    const draw = seeded(seed);
    const length = n * h * w;
    const mask = Uint8Array.from({ length }, () => (draw() < valid ? 1 : 0));
    const classes = Int32Array.from({ length }, () => integerBelow(draw, numClasses));
    const pred = classes.map((label) => (draw() < 0.5 ? label : integerBelow(draw, numClasses)));
    const target = ignoreIndex === undefined ? classes : classes.map((label, i) => (mask[i] === 1 ? label : ignoreIndex));
    const shape = [n, h, w] as const;
    return { target: { shape, data: target }, pred: { shape, data: pred }, mask: { shape, data: mask } };
  });
}
