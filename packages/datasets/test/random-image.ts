import fc from 'fast-check';
import type { LabelMap, Planar } from '../src/index.js';

const side = fc.integer({ min: 1, max: 12 });

/** A value in 0 .. below-1 that looks random, fixed by seed and position. */
export const drawn = (seed: number, i: number, below: number): number => (Math.imul(seed + i, 2654435761) >>> 8) % below;

/** A small float image [C,H,W]. */
export const anyImage = fc
  .record({ bands: fc.integer({ min: 1, max: 3 }), height: side, width: side, seed: fc.nat() })
  .map(({ bands, height, width, seed }): Planar<Float32Array> => ({
    data: Float32Array.from({ length: bands * height * width }, (_, i) => drawn(seed, i, 2000) / 100 - 10),
    bands,
    height,
    width,
  }));

/** A small label map with ids below `numClasses`. */
export const anyLabels = (numClasses: number): fc.Arbitrary<LabelMap> =>
  fc.record({ height: side, width: side, seed: fc.nat() }).map(({ height, width, seed }) => ({
    data: Int32Array.from({ length: height * width }, (_, i) => drawn(seed, i, numClasses)),
    height,
    width,
  }));
