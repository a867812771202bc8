import { SegmentationAccumulator } from '@rs/metrics';
import { Random } from '@rs/nn';
import type { Work } from '../cases.js';
import type { Prepared } from './prepared.js';

/** One update of the running confusion matrix. */
export function prepareScores({ pixels, classes }: Extract<Work, { kind: 'segmentation-scores' }>): Prepared {
  const random = new Random(0);
  const map = (): { shape: number[]; data: Int32Array } => ({
    shape: [pixels],
    data: Int32Array.from({ length: pixels }, () => random.integer(classes)),
  });
  const [target, predicted] = [map(), map()];
  const scores = new SegmentationAccumulator({ numClasses: classes });
  return { run: () => scores.update(target, predicted), dispose: () => scores.reset() };
}
