import { bench } from 'vitest';
import { confusionMatrix, ssim } from '../src/index.js';

const megapixel = [1, 1024, 1024]; // one update of 16 tiles of 256 x 256
const target = { shape: megapixel, data: Uint8Array.from({ length: 2 ** 20 }, (_, i) => (i * 7919) % 6) };
const pred = { shape: megapixel, data: Int32Array.from({ length: 2 ** 20 }, (_, i) => (i * 104_729) % 6) };
bench('confusion matrix of a megapixel, 6 classes', () => void confusionMatrix({ target, pred, numClasses: 6 }));

const image = (step: number) => ({
  shape: [1, 256, 256, 4],
  data: Float32Array.from({ length: 2 ** 18 }, (_, i) => ((i * step) % 1009) / 1009),
});
const [first, second] = [image(7919), image(104_729)];
bench('SSIM of 256 x 256 x 4', () => void ssim({ pred: first, target: second, dataRange: 1 }));
