import { expect, test } from 'vitest';
import {
  forAllBatches,
  lawBounded,
  lawIgnoresMasked,
  lawPermutationInvariant,
  lawShiftInvariant,
  lawStreamingEqualsOneShot,
  segmentationBatches,
  type SegmentationBatch,
} from '@rs/properties';
import { calibrationCurve, CalibrationAccumulator, expectedCalibrationError } from '../src/index.js';

const batches = segmentationBatches({ numClasses: 4 });
const input = ({ logits, labels, mask }: SegmentationBatch) => ({ logits, fromLogits: true as const, target: labels, mask });
const error = (batch: SegmentationBatch): number => expectedCalibrationError(input(batch));
const target = { shape: [1, 1, 2], data: Int32Array.of(0, 1) };
const probs = (...values: number[]) => ({ shape: [1, 1, 2, 2], data: Float64Array.from(values) });

test('one right and one wrong pixel of confidence 0.75', () => {
  const { count, confidence, accuracy, residual, ece } = calibrationCurve({ probs: probs(0.75, 0.25, 0.75, 0.25), target, bins: 4 });
  expect([...count]).toEqual([0, 0, 0, 2]);
  expect([...confidence]).toEqual([NaN, NaN, NaN, 0.75]);
  expect([...accuracy]).toEqual([NaN, NaN, NaN, 0.5]);
  expect([...residual]).toEqual([NaN, NaN, NaN, -0.25]);
  expect(ece).toBe(0.25);
});

test('a bin holds its lower edge, and the last one holds 1', () => {
  for (const bins of [1, 3, 7, 15, 49]) {
    for (let b = 1; b < bins; b++) {
      const confidence = b / bins;
      if (confidence < 0.5) continue;
      const { count } = calibrationCurve({ probs: probs(confidence, 1 - confidence, 1, 0), target, bins });
      expect(count[b]).toBe(b === bins - 1 ? 2 : 1);
      expect(count[bins - 1]).toBeGreaterThan(0);
    }
  }
});

test('an error is a share, and does not depend on masked pixels, the level of the logits or the order of classes', () => {
  lawBounded(error, { batches, low: 0, high: 1, orNaN: true });
  lawIgnoresMasked(error, { batches, fields: ['logits', 'labels'] });
  lawShiftInvariant(error, { batches, field: 'logits' });
  lawPermutationInvariant(error, { batches, numClasses: 4, labels: ['labels'], scores: ['logits'], tolerance: 1e-9 });
});

test('streams, merges and resets', () => {
  lawStreamingEqualsOneShot(
    error,
    (parts) => {
      const [first, second] = [new CalibrationAccumulator({ fromLogits: true }), new CalibrationAccumulator({ fromLogits: true })];
      parts.forEach(({ logits, labels, mask }, i) => (i === 0 ? first : second).update(logits, labels, mask));
      first.merge(second);
      return first.compute().ece;
    },
    { batches, tolerance: 1e-12 }, // float64 sums in another order
  );
  const accumulator = new CalibrationAccumulator();
  accumulator.update(probs(1, 0, 1, 0), target);
  accumulator.reset();
  expect(accumulator.compute().ece).toBeNaN();
});

test('logits give what their softmax gives', () =>
  forAllBatches(batches, { seed: 1 }, (batch) => {
    const { shape, data } = batch.logits;
    const softmax = Float64Array.from(data, (logit, i) => {
      const start = i - (i % 4);
      return Math.exp(logit) / [0, 1, 2, 3].reduce((sum, k) => sum + Math.exp(data[start + k]), 0);
    });
    const byProbs = expectedCalibrationError({ probs: { shape, data: softmax }, target: batch.labels, mask: batch.mask });
    if (Number.isNaN(byProbs)) expect(error(batch)).toBeNaN();
    else expect(error(batch)).toBeCloseTo(byProbs, 9);
  }));

test('says what is wrong', () => {
  const call = (options: object) => () => expectedCalibrationError({ probs: probs(1, 0, 1, 0), target, ...options });
  expect(call({ probs: probs(3, -2, 1, 0) })).toThrow('probs must lie in 0..1 (fromLogits: true takes logits), got 3 at [0,0,0]');
  expect(call({ probs: probs(NaN, 0, 1, 0) })).toThrow('probs must not hold NaN');
  expect(call({ target: { shape: [1, 1, 1], data: Int32Array.of(0) } })).toThrow('target must have shape [1,1,2], got [1,1,1]');
  expect(call({ target: { shape: [1, 1, 2], data: Int32Array.of(0, 2) } })).toThrow('target must lie in 0..1, got 2 at [0,0,1]');
  expect(call({ target: { shape: [1, 1, 2], data: Int32Array.of(0, 2) }, outOfRange: 'ignore' })).not.toThrow();
  expect(call({ bins: 0 })).toThrow('bins must be a positive integer, got 0');
  const other = new CalibrationAccumulator({ bins: 10 });
  expect(() => new CalibrationAccumulator().merge(other)).toThrow('must have one number of bins, got 15 and 10');
});
