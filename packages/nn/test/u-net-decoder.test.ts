import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyConvNormRelu,
  countParameters,
  disposeModule,
  kaimingUniformInit,
  Random,
  resize,
  UNetDecoder,
  type ResizeOptions,
  type UNetDecoderConfig,
} from '../src/index.js';
import { expectClose, normal } from './agreement.js';

const channels = { encoderChannels: [2, 3, 4, 5], decoderChannels: [4, 3, 2, 2] };
const build = (config: UNetDecoderConfig = channels): UNetDecoder => new UNetDecoder(config, kaimingUniformInit(new Random(1)));

test('ends at twice the size of the finest stage, and treats images alike', () => {
  const decoder = build();
  const size = fc.integer({ min: 9, max: 20 });
  fc.assert(
    fc.property(size, size, fc.nat(1e6), (h, w, seed) => {
      tf.tidy(() => {
        const stages = channels.encoderChannels.map((c, i) => {
          return normal<tf.Tensor4D>([2, Math.ceil(h / 2 ** i), Math.ceil(w / 2 ** i), c], seed + i);
        });
        const decoded = decoder.call(stages, 'eval');
        expect(decoded.shape).toEqual([2, 2 * h, 2 * w, 2]);
        const turned = stages.map((stage) => tf.reverse(stage, 0));
        expectClose(decoder.call(turned, 'eval'), tf.reverse(decoded, 0));
      });
    }),
    { numRuns: 10, seed: 1 },
  );
  disposeModule(decoder);
});

test.each<[string, Pick<ResizeOptions, 'mode' | 'alignCorners'> | undefined]>([
  ['nearest by default', undefined],
  ['bilinear between the corners', { mode: 'bilinear', alignCorners: true }],
])('upsamples %s', (_name, upsampling) => {
  const decoder = build({ encoderChannels: [2, 3], decoderChannels: [4, 2], upsampling });
  tf.tidy(() => {
    const [fine, coarse] = [normal<tf.Tensor4D>([1, 7, 6, 2], 1), normal<tf.Tensor4D>([1, 4, 3, 3], 2)];
    const upsampled = (x: tf.Tensor4D, size: [number, number]): tf.Tensor4D => resize(x, { size, ...(upsampling ?? { mode: 'nearest' }) });
    const block = (x: tf.Tensor4D, i: number): tf.Tensor4D =>
      applyConvNormRelu(decoder.blocks[i].conv2, applyConvNormRelu(decoder.blocks[i].conv1, x, 'eval'), 'eval');
    const first = block(tf.concat([upsampled(coarse, [7, 6]), fine], -1), 0);
    expectClose(decoder.call([fine, coarse], 'eval'), block(upsampled(first, [14, 12]), 1));
  });
  disposeModule(decoder);
});

test("has the paper's 3.126144 M parameters at its widths", () => {
  const decoder = new UNetDecoder(
    { encoderChannels: [64, 128, 256, 512], decoderChannels: [256, 128, 64, 32] },
    { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) },
  );
  expect(countParameters(decoder)).toBe(3_126_144);
  disposeModule(decoder);
});

test('frees all but its result', () => {
  const before = tf.memory().numTensors;
  const decoder = build();
  const built = tf.memory().numTensors;
  const stages = channels.encoderChannels.map((c, i) => tf.ones<tf.Rank.R4>([1, 8 >> i, 8 >> i, c]));
  const decoded = decoder.call(stages, 'eval');
  expect(tf.memory().numTensors).toBe(built + stages.length + 1);
  tf.dispose([decoded, ...stages]);
  disposeModule(decoder);
  expect(tf.memory().numTensors).toBe(before);
});

test('says which stage does not fit', () => {
  const decoder = build();
  const stages = channels.encoderChannels.map((c, i) => tf.ones<tf.Rank.R4>([1, 8 >> i, 8 >> i, c]));
  expect(() => decoder.call(stages.slice(1), 'eval')).toThrow('UNetDecoder: stages must be 4 maps, got 3');
  expect(() => decoder.call([...stages.slice(0, 3), stages[0]], 'eval')).toThrow(
    'UNetDecoder: stages[3] must have shape [1,*,*,5], got [1,8,8,2]',
  );
  disposeModule(decoder);
});
