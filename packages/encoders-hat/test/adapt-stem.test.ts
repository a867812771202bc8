import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adaptStem } from '../src/index.js';

const kernels = fc.record({
  outputs: fc.integer({ min: 1, max: 3 }),
  side: fc.integer({ min: 1, max: 3 }),
  inChannels: fc.integer({ min: 1, max: 7 }),
  replicate: fc.oneof(fc.integer({ min: 0, max: 2 }), fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 })),
});

test('keeps the first three channels, and copies the chosen ones in turn for the rest', () =>
  fc.assert(
    fc.property(kernels, ({ outputs, side, inChannels, replicate }) => {
      const area = side * side;
      const kernel = { shape: [outputs, 3, side, side], data: Float32Array.from({ length: outputs * 3 * area }, (_, i) => i) };
      const adapted = adaptStem(kernel, { inChannels, replicate });
      expect(adapted.shape).toEqual([outputs, inChannels, side, side]);
      const channel = (data: ArrayLike<unknown>, channels: number, o: number, i: number): unknown[] =>
        Array.from(data).slice((o * channels + i) * area, (o * channels + i + 1) * area);
      const turns = [replicate].flat();
      for (let o = 0; o < outputs; o++) {
        for (let i = 0; i < inChannels; i++) {
          const source = i < 3 ? i : turns[(i - 3) % turns.length];
          expect(channel(adapted.data, inChannels, o, i)).toEqual(channel(kernel.data, 3, o, source));
        }
      }
    }),
    { numRuns: 50, seed: 1 },
  ));

test.each([
  [[4, 4, 1, 1], { inChannels: 4 }, 'adaptStem: kernel must have shape [*,3,*,*], got [4,4,1,1]'],
  [[4, 3, 1, 1], { inChannels: 0 }, 'adaptStem: inChannels must be a positive integer, got 0'],
  [[4, 3, 1, 1], { inChannels: 4, replicate: 3 }, 'adaptStem: replicate must be 0, 1 or 2, or a list of them, got [3]'],
  [[4, 3, 1, 1], { inChannels: 4, replicate: [] }, 'adaptStem: replicate must be 0, 1 or 2, or a list of them, got []'],
])('refuses a kernel %j with %j', (shape, options, message) => {
  const data = new Float32Array(shape.reduce((product, size) => product * size));
  expect(() => adaptStem({ shape, data }, options)).toThrow(message);
});
