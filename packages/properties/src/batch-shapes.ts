import fc from 'fast-check';

/** What a batch is drawn from: sizes and a seed, so that a failure shrinks to the smallest shape that breaks. */
export interface BatchShape {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly seed: number;
}

export interface ShapeOptions {
  readonly maxBatch?: number; // default 3
  readonly minSize?: number; // pixels of a side; default 1
  readonly maxSize?: number; // default 5
}

/** Sizes [n,h,w] and a seed. */
export function batchShapes({ maxBatch = 3, minSize = 1, maxSize = Math.max(5, minSize) }: ShapeOptions = {}): fc.Arbitrary<BatchShape> {
  const side = fc.integer({ min: minSize, max: maxSize });
  return fc.record({ n: fc.integer({ min: 1, max: maxBatch }), h: side, w: side, seed: fc.nat() });
}
