import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { downsampleLabels } from '../src/index.js';

test('every stride-th label where the stride divides', () => {
  tf.tidy(() => {
    const labels = tf.tensor3d(
      Int32Array.from({ length: 16 }, (_, i) => i),
      [1, 4, 4],
      'int32',
    );
    const coarse = downsampleLabels(labels, { height: 2, width: 2 });
    expect(coarse.dtype).toBe('int32');
    expect([...coarse.dataSync()]).toEqual([0, 2, 8, 10]);
  });
});
