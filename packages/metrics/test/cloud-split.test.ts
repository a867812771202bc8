import { expect, test } from 'vitest';
import { forAllBatches, lawStreamingEqualsOneShot, opticalSarPairs, type OpticalSarPair } from '@rs/properties';
import { CloudSplitAccumulator, cloudSplitCalibration, CloudSplitCalibrationAccumulator, cloudSplitScores } from '../src/index.js';

const numClasses = 4;
const batches = opticalSarPairs({ numClasses });
const runs = { seed: 1 };
const subsets = ['all', 'cloudFree', 'cloudy'] as const;

/** Four bands as the scores of four classes. */
const inputs = ({ optical, labels, cloudMask }: OpticalSarPair) => ({
  logits: optical,
  fromLogits: true as const,
  target: labels,
  cloudMask,
});
const predictions = ({ labels, sar }: OpticalSarPair) => ({
  shape: labels.shape,
  data: labels.data.map((label, i) => (sar.data[2 * i] > -12 ? label : 0)),
});
const split = (batch: OpticalSarPair) =>
  cloudSplitScores({ target: batch.labels, pred: predictions(batch), cloudMask: batch.cloudMask, numClasses });

test('the matrix of all pixels is the sum of the two', () =>
  forAllBatches(batches, runs, (batch) => {
    const { all, cloudFree, cloudy } = split(batch);
    all.confusion.data.forEach((count, i) => expect(count).toBe(cloudFree.confusion.data[i] + cloudy.confusion.data[i]));
  }));

test('the accuracy of a class over all pixels lies between its two', () =>
  forAllBatches(batches, runs, (batch) => {
    const { all, cloudFree, cloudy } = split(batch);
    all.perClassAccuracy.forEach((accuracy, c) => {
      const parts = [cloudFree.perClassAccuracy[c], cloudy.perClassAccuracy[c]].filter((part) => !Number.isNaN(part));
      if (parts.length === 0) return expect(accuracy).toBeNaN();
      expect(accuracy).toBeGreaterThanOrEqual(Math.min(...parts) - 1e-12);
      expect(accuracy).toBeLessThanOrEqual(Math.max(...parts) + 1e-12);
    });
  }));

test('any split into batches gives the same bits', () => {
  for (const subset of subsets) {
    lawStreamingEqualsOneShot(
      (batch) => split(batch)[subset].mIoU,
      (parts) => {
        const halves = [new CloudSplitAccumulator({ numClasses }), new CloudSplitAccumulator({ numClasses })];
        parts.forEach((part, i) => halves[i % 2].update(part.labels, predictions(part), part.cloudMask));
        halves[0].merge(halves[1]);
        return halves[0].compute()[subset].mIoU;
      },
      { batches },
    );
  }
});

test('the calibration error of all pixels is at most that of the two together', () =>
  forAllBatches(batches, runs, (batch) => {
    const accumulator = new CloudSplitCalibrationAccumulator({ fromLogits: true });
    accumulator.update(batch.optical, batch.labels, batch.cloudMask);
    const { all, cloudFree, cloudy } = accumulator.compute();
    const weighted = ({ count, ece }: typeof all): number => (Number.isNaN(ece) ? 0 : ece * count.reduce((sum, n) => sum + n, 0));
    expect(weighted(all)).toBeLessThanOrEqual(weighted(cloudFree) + weighted(cloudy) + 1e-9);
    expect(cloudSplitCalibration(inputs(batch))).toEqual({ all: all.ece, cloudFree: cloudFree.ece, cloudy: cloudy.ece });
  }));

test('an empty subset has no score', () => {
  const pixel = { shape: [1, 1, 1], data: Int32Array.of(0) };
  const clear = { target: pixel, cloudMask: pixel };
  expect(cloudSplitScores({ ...clear, pred: pixel, numClasses: 2 }).cloudy.mIoU).toBeNaN();
  const probs = { shape: [1, 1, 1, 2], data: Float32Array.of(0.75, 0.25) };
  expect(cloudSplitCalibration({ ...clear, probs })).toEqual({ all: 0.25, cloudFree: 0.25, cloudy: NaN });
});

test('resetting forgets', () => {
  const pixel = { shape: [1, 1, 1], data: Int32Array.of(0) };
  const scores = new CloudSplitAccumulator({ numClasses: 2 });
  scores.update(pixel, pixel, pixel);
  scores.reset();
  expect(scores.compute().all.OA).toBeNaN();
  const calibration = new CloudSplitCalibrationAccumulator();
  calibration.update({ shape: [1, 1, 1, 1], data: Float32Array.of(1) }, pixel, pixel);
  calibration.reset();
  expect(calibration.compute().all.ece).toBeNaN();
});

test('names the mask whose shape is wrong', () => {
  const pixel = { shape: [1, 1, 1], data: Int32Array.of(0) };
  const cloudMask = { shape: [1, 1, 2], data: new Uint8Array(2) };
  expect(() => cloudSplitScores({ target: pixel, pred: pixel, cloudMask, numClasses: 2 })).toThrow(
    'cloudSplitScores: cloudMask must have shape [1,1,1], got [1,1,2]',
  );
});
