import fc from 'fast-check';
import { batchShapes, type ShapeOptions } from './batch-shapes.js';
import { cloudMask, covers, type CloudOptions } from './cloud-masks.js';
import type { Image, LabelMap, Mask } from './host-array.js';
import { integerBelow, seeded, type Draw } from './seeded.js';

export type ImageBatch = Readonly<{
  pred: Image; // [N,H,W,C] in [0,1]: the target and noise
  target: Image; // [N,H,W,C] in [0,1]
  mask: Mask; // [N,H,W] 1 = counts
}>;

export type OpticalSarPair = Readonly<{
  optical: Image; // [N,H,W,4] reflectance in [0,1], white where cloudy
  cloudFree: Image; // [N,H,W,4] the same scene under clear sky
  sar: Image; // [N,H,W,2] backscatter in dB, -25..0
  cloudMask: Mask; // [N,H,W] 1 = cloudy
  labels: LabelMap; // [N,H,W] 0..K-1: what the bands of a pixel depend on
}>;

/** A reconstruction, its truth and a mask, as an image loss or metric takes them. */
export function imageBatches({ channels = 3, ...options }: ShapeOptions & { readonly channels?: number } = {}): fc.Arbitrary<ImageBatch> {
  return fc
    .record({ shape: batchShapes(options), noise: fc.constantFrom(0.02, 0.3), valid: fc.constantFrom(0, 0.6, 1) })
    .map(({ shape: { n, h, w, seed }, noise, valid }) => {
      const draw = seeded(seed);
      const shape = [n, h, w, channels] as const;
      const target = Float32Array.from({ length: n * h * w * channels }, draw);
      const pred = target.map((value) => Math.min(1, Math.max(0, value + noise * (2 * draw() - 1))));
      const mask = Uint8Array.from({ length: n * h * w }, () => (draw() < valid ? 1 : 0));
      return { pred: { shape, data: pred }, target: { shape, data: target }, mask: { shape: [n, h, w], data: mask } };
    });
}

/** Registered optical and SAR images of one scene with clouds, as a fusion model takes them. */
export function opticalSarPairs({
  numClasses = 4,
  ...options
}: CloudOptions & { readonly numClasses?: number } = {}): fc.Arbitrary<OpticalSarPair> {
  return fc.record({ shape: batchShapes(options), cover: covers(options) }).map(({ shape, cover }) => {
    const draw = seeded(shape.seed);
    const { n, h, w } = shape;
    const labels = Int32Array.from({ length: n * h * w }, () => integerBelow(draw, numClasses));
    const clouds = cloudMask(shape, cover);
    const cloudFree = bands(draw, labels, numClasses, 4, (share) => share);
    return {
      optical: { shape: [n, h, w, 4], data: cloudFree.map((value, i) => (clouds.data[Math.floor(i / 4)] === 1 ? 1 : value)) },
      cloudFree: { shape: [n, h, w, 4], data: cloudFree },
      sar: { shape: [n, h, w, 2], data: bands(draw, labels, numClasses, 2, (share) => 25 * share - 25) },
      cloudMask: clouds,
      labels: { shape: [n, h, w], data: labels },
    };
  });
}

/** Each class has its own value in each band, in [0,1) before `scale`, and each pixel a tenth of noise. */
function bands(draw: Draw, labels: Int32Array, numClasses: number, channels: number, scale: (share: number) => number): Float32Array {
  const signatures = Array.from({ length: numClasses * channels }, draw);
  return Float32Array.from({ length: labels.length * channels }, (_, i) =>
    scale(0.9 * signatures[labels[Math.floor(i / channels)] * channels + (i % channels)] + 0.1 * draw()),
  );
}
