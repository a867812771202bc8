import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  forAllBatches,
  labelPairs,
  lawBounded,
  lawIgnoresMasked,
  lawPermutationInvariant,
  lawStreamingEqualsOneShot,
  type LabelPair,
} from '@rs/properties';
import {
  argmaxLabels,
  confusionMatrix,
  groupedMeanIoU,
  meanF1,
  meanIoU,
  meanPixelAccuracy,
  perClassF1,
  perClassIoU,
  SegmentationAccumulator,
  segmentationScores,
  scoresFromConfusion,
} from '../src/index.js';

const numClasses = 4;
const batches = labelPairs({ numClasses });
const runs = { seed: 1 };
const scores = (batch: LabelPair) => segmentationScores({ ...batch, numClasses });
const names = ['mIoU', 'mPA', 'OA', 'mF1', 'fwIoU', 'kappa'] as const;
const ids = (...values: number[]) => ({ shape: [1, 1, values.length], data: Int32Array.from(values) });

test('counts rows of targets and columns of predictions', () => {
  const confusion = confusionMatrix({ target: ids(0, 0, 1, 255), pred: ids(0, 1, 1, 0), numClasses: 2, ignoreIndex: 255 });
  expect([...confusion.data]).toEqual([1, 1, 0, 1]);
});

test('a class that is only predicted counts as 0, one in neither map does not', () => {
  const confusion = confusionMatrix({ target: ids(0, 0, 0, 0), pred: ids(0, 0, 0, 1), numClasses: 3 });
  expect([...perClassIoU(confusion)]).toEqual([0.75, 0, NaN]);
  expect(meanIoU(confusion)).toBe(0.375);
  expect(meanIoU(confusion, { meanOver: 'target' })).toBe(0.75);
  expect(meanIoU(confusion, { meanOver: 'all' })).toBe(0.25);
  expect(meanIoU(confusion, { meanClasses: [0] })).toBe(0.75);
  expect(meanPixelAccuracy(confusion)).toBe(0.75);
  expect(meanPixelAccuracy(confusion, { meanOver: 'all' })).toBe(0.25);
});

test('scores are shares, kappa at most 1 away from 0, NaN only where nothing counts', () => {
  for (const name of names) {
    lawBounded((batch) => scores(batch)[name], { batches, low: name === 'kappa' ? -1 : 0, high: 1, orNaN: true });
  }
});

test('what is masked does not count', () => {
  for (const name of names) lawIgnoresMasked((batch) => scores(batch)[name], { batches, fields: ['target', 'pred'] });
  const ignoring = labelPairs({ numClasses, ignoreIndex: 255 });
  const byIndex = ({ target, pred }: LabelPair): number => segmentationScores({ target, pred, numClasses, ignoreIndex: 255 }).mIoU;
  lawIgnoresMasked(byIndex, { batches: ignoring, fields: ['pred'] });
  forAllBatches(ignoring, runs, (batch) => expect(byIndex(batch)).toBe(scores(batch).mIoU));
});

test('classes have no order', () => {
  for (const name of names) {
    lawPermutationInvariant((batch) => scores(batch)[name], { batches, numClasses, labels: ['target', 'pred'], tolerance: 1e-12 });
  }
});

test('F1 is 2 IoU / (1 + IoU), so at least IoU', () =>
  forAllBatches(batches, runs, (batch) => {
    const { confusion } = scores(batch);
    const iou = perClassIoU(confusion);
    perClassF1(confusion).forEach((f1, c) => {
      if (Number.isNaN(f1)) expect(iou[c]).toBeNaN();
      else expect(f1).toBeCloseTo((2 * iou[c]) / (1 + iou[c]), 12);
    });
    if (!Number.isNaN(meanF1(confusion))) expect(meanIoU(confusion)).toBeLessThanOrEqual(meanF1(confusion) + 1e-12);
  }));

test('any split into batches gives the same bits', () => {
  for (const name of names) {
    lawStreamingEqualsOneShot(
      (batch) => scores(batch)[name],
      (parts) => {
        const accumulator = new SegmentationAccumulator({ numClasses });
        for (const { target, pred, mask } of parts) accumulator.update(target, pred, mask);
        return accumulator.compute()[name];
      },
      { batches },
    );
  }
});

test('merging is associative, and resetting forgets', () =>
  fc.assert(
    fc.property(batches, batches, batches, (a, b, c) => {
      const of = ({ target, pred, mask }: LabelPair): SegmentationAccumulator => {
        const accumulator = new SegmentationAccumulator({ numClasses });
        accumulator.update(target, pred, mask);
        return accumulator;
      };
      const merged = (...parts: SegmentationAccumulator[]): SegmentationAccumulator => {
        const accumulator = new SegmentationAccumulator({ numClasses });
        for (const part of parts) accumulator.merge(part);
        return accumulator;
      };
      const left = merged(merged(of(a), of(b)), of(c));
      expect(left.compute()).toEqual(merged(of(a), merged(of(b), of(c))).compute());
      left.reset();
      expect(left.compute()).toEqual(new SegmentationAccumulator({ numClasses }).compute());
    }),
    { numRuns: 30, seed: 1 },
  ));

test('a batch that throws changes nothing', () => {
  const accumulator = new SegmentationAccumulator({ numClasses: 2 });
  accumulator.update(ids(0, 1), ids(0, 1));
  const before = accumulator.compute();
  expect(() => accumulator.update(ids(0, 1), ids(0, 7))).toThrow('SegmentationAccumulator.update: pred must lie in 0..1, got 7 at [0,0,1]');
  expect(accumulator.compute()).toEqual(before);
});

test('what compute returned does not change later', () => {
  const accumulator = new SegmentationAccumulator({ numClasses: 2 });
  accumulator.update(ids(0), ids(0));
  const { confusion } = accumulator.compute();
  accumulator.update(ids(0), ids(0));
  expect(confusion.data[0]).toBe(1);
});

test('counts stay exact beyond the integers of float32', () => {
  const confusion = { shape: [2, 2], data: Float64Array.of(2 ** 40 + 1, 0, 1, 2 ** 40) };
  expect(1 - scoresFromConfusion({ confusion }).OA).toBeCloseTo(1 / (2 ** 41 + 2), 15);
  expect(scoresFromConfusion({ confusion }).perClassAccuracy[1]).toBeLessThan(1);
});

test('a tie goes to the lowest class, and a prediction follows its logits', () => {
  const logits = { shape: [1, 1, 2, 3], data: Float32Array.of(1, 2, 2, -5, -5, -7) };
  expect(argmaxLabels(logits)).toEqual({ shape: [1, 1, 2], data: Int32Array.of(1, 0) });
  expect(() => argmaxLabels({ shape: [1, 1, 1, 2], data: Float32Array.of(0, NaN) })).toThrow('logits must not hold NaN');
});

test('a group is judged on the full matrix', () => {
  const confusion = confusionMatrix({ target: ids(0, 0, 1, 1), pred: ids(0, 1, 1, 1), numClasses: 3 });
  const { seen, unseen, all } = groupedMeanIoU({ confusion, groups: { seen: [0], unseen: [2] } });
  expect([seen, unseen, all]).toEqual([1 / 2, NaN, (1 / 2 + 2 / 3) / 2]);
});

test('reads a tensor once, and 64-bit labels', () => {
  let reads = 0;
  const tensor = { shape: [1, 1, 2], dataSync: () => (reads++, Int32Array.of(0, 1)) };
  const target = { shape: [1, 1, 2], data: BigInt64Array.of(0n, 1n) };
  expect(segmentationScores({ target, pred: tensor, numClasses: 2 }).OA).toBe(1);
  expect(reads).toBe(1);
});

test('says what is wrong with labels', () => {
  const call = (options: object) => () => confusionMatrix({ target: ids(0, 1), pred: ids(0, 1), numClasses: 2, ...options });
  expect(call({ target: ids(0, 6) })).toThrow('confusionMatrix: target must lie in 0..1; ignoreIndex is not set, got 6 at [0,0,1]');
  expect(call({ target: ids(0, 6), outOfRange: 'ignore' })).not.toThrow();
  expect(call({ target: ids(-1, 6), ignoreIndex: -1 })).toThrow('or be ignoreIndex -1, got 6');
  expect(call({ pred: ids(2, 0), outOfRange: 'ignore' })).toThrow('confusionMatrix: pred must lie in 0..1, got 2 at [0,0,0]');
  expect(call({ pred: ids(0) })).toThrow('confusionMatrix: pred must have shape [1,1,2], got [1,1,1]');
  expect(call({ mask: ids(0) })).toThrow('confusionMatrix: mask must have shape [1,1,2], got [1,1,1]');
  expect(call({ pred: { shape: [1, 1, 2], data: Float32Array.of(0, 0.5) } })).toThrow('pred must hold integers, got 0.5 at [0,0,1]');
  expect(call({ target: { shape: [1, 1, 3], data: new Int32Array(2) } })).toThrow('shape [1,1,3] needs 3 values, data has 2');
  expect(call({ target: 3 })).toThrow('confusionMatrix: target must be a tensor or { shape, data }, got number');
  expect(call({ numClasses: 0 })).toThrow('numClasses must be a positive integer, got 0');
});

test('says what is wrong with a matrix and with options', () => {
  expect(() => meanIoU({ shape: [2, 3], data: new Int32Array(6) })).toThrow('meanIoU: confusion must have shape [C,C], got [2,3]');
  expect(() => meanIoU({ shape: [1, 1], data: Int32Array.of(-1) })).toThrow('confusion must hold counts, got -1 at [0,0]');
  const confusion = { shape: [2, 2], data: new Int32Array(4) };
  expect(() => meanIoU(confusion, { meanClasses: [2] })).toThrow('meanClasses must lie in 0..1, got 2');
  expect(() => meanIoU(confusion, { meanOver: 'some' as 'all' })).toThrow('meanOver must be union, target or all, got some');
  expect(() => groupedMeanIoU({ confusion, groups: { all: [0] } })).toThrow('groups must not be named "all"');
  const other = new SegmentationAccumulator({ numClasses: 3 });
  expect(() => new SegmentationAccumulator({ numClasses: 2 }).merge(other)).toThrow('must have one size, got [2,2] and [3,3]');
});
