import fc from 'fast-check';
import { batchShapes, type BatchShape, type ShapeOptions } from './batch-shapes.js';
import type { Mask } from './host-array.js';
import { seeded, type Draw } from './seeded.js';

export interface CloudOptions extends ShapeOptions {
  readonly cover?: readonly [number, number]; // range of the cloudy share of each image; default [0,1], so none and all occur
}

/** Cloud masks [N,H,W], 1 = cloudy, in blobs: of each image the given share, to the nearest pixel. */
export function cloudMasks(options: CloudOptions = {}): fc.Arbitrary<{ readonly cloudMask: Mask; readonly cover: number }> {
  return fc
    .record({ shape: batchShapes(options), cover: covers(options) })
    .map(({ shape, cover }) => ({ cloudMask: cloudMask(shape, cover), cover }));
}

/** A share; its ends as often as any other. */
export function covers({ cover: [low, high] = [0, 1] }: CloudOptions): fc.Arbitrary<number> {
  return fc.oneof(fc.constant(low), fc.constant(high), fc.double({ min: low, max: high, noNaN: true }));
}

export function cloudMask({ n, h, w, seed }: BatchShape, cover: number): Mask {
  const draw = seeded(seed);
  const data = new Uint8Array(n * h * w);
  for (let image = 0; image < n; image++) {
    const thickness = blobs(draw, h, w);
    const order = Array.from(thickness.keys()).sort((a, b) => thickness[b] - thickness[a]);
    for (const pixel of order.slice(0, Math.round(cover * h * w))) data[image * h * w + pixel] = 1;
  }
  return { shape: [n, h, w], data };
}

/** A sum of three Gaussian bumps at random places, [H,W]. */
function blobs(draw: Draw, h: number, w: number): Float64Array {
  const bumps = Array.from({ length: 3 }, () => ({ y: draw() * h, x: draw() * w, height: draw(), reach: 1 + draw() * Math.max(h, w) }));
  return Float64Array.from({ length: h * w }, (_, i) => {
    const [y, x] = [Math.floor(i / w), i % w];
    return bumps.reduce((sum, bump) => sum + bump.height * Math.exp(-((y - bump.y) ** 2 + (x - bump.x) ** 2) / bump.reach ** 2), 0);
  });
}
