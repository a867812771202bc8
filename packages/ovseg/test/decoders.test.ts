import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, parameters } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DoubleConv } from '../src/double-conv.js';
import { FusionUp, PaperDecoder } from '../src/index.js';
import { apart, freeing, initOf, leftBehind, normal } from './volumes.js';

test('what the classes of an image share counts as if it stood beside each', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), (seed, batch, classes) =>
      freeing(() => {
        const conv = new DoubleConv({ inChannels: 5, outChannels: 16 }, initOf(seed));
        const x = normal<tf.Tensor4D>([batch * classes, 3, 4, 2], seed);
        const shared = normal<tf.Tensor4D>([batch, 3, 4, 3], seed + 1);
        const beside = tf.reshape(tf.tile(tf.expandDims(shared, 1), [1, classes, 1, 1, 1]), [batch * classes, 3, 4, 3]);
        expect(apart(conv.call(x, shared), conv.call(tf.concat([x, beside], -1) as tf.Tensor4D))).toBeLessThan(1e-4);
        disposeModule(conv);
      }),
    ),
    { numRuns: 8, seed: 1 },
  ));

test('FusionUp doubles the size, with and without guidance', () =>
  freeing(() => {
    const both = new FusionUp({ inChannels: 8, outChannels: 16, clipGuidanceChannels: 3, dinoGuidanceChannels: 2 }, initOf(1));
    const none = new FusionUp({ inChannels: 8, outChannels: 32, clipGuidanceChannels: 0, dinoGuidanceChannels: 0 }, initOf(1));
    const x = normal<tf.Tensor4D>([4, 3, 2, 8], 1);
    const clip = normal<tf.Tensor4D>([2, 6, 4, 3], 2);
    const dino = normal<tf.Tensor4D>([2, 6, 4, 2], 3);
    expect(both.call({ x, clip, dino }).shape).toEqual([4, 6, 4, 16]);
    expect(none.call({ x }).shape).toEqual([4, 6, 4, 32]);
    expect(leftBehind(() => both.call({ x, clip, dino }))).toBe(0);
    expect(() => both.call({ x, clip })).toThrow('FusionUp: dino must be given, 2 channels');
    expect(() => none.call({ x, clip })).toThrow('FusionUp: clip must be absent');
    expect(() => both.call({ x, clip: dino, dino })).toThrow('FusionUp: clip must have shape [*,6,4,3], got [2,6,4,2]');
    disposeModule(both);
    disposeModule(none);
  }));

test('refuses channels that groups of 16 do not divide', () => {
  const config = { inChannels: 8, outChannels: 24, clipGuidanceChannels: 0, dinoGuidanceChannels: 0 };
  expect(() => new FusionUp(config, initOf(1))).toThrow('outChannels must be a multiple of 16, got 24');
  expect(() => new FusionUp({ ...config, clipGuidanceChannels: 8 }, initOf(1))).toThrow(
    'clipGuidanceChannels must be below inChannels (8)',
  );
});

test("the paper's decoder gives a map a class, at four times the size", () =>
  freeing(() => {
    const decoder = new PaperDecoder({ hiddenDim: 4, guidanceDims: [3, 2], decoderDims: [16, 16] }, initOf(1));
    const fused = [normal([6, 2, 3, 4], 1), normal([6, 2, 3, 4], 2), normal([6, 2, 3, 4], 3)] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const guides = (seed: number): [tf.Tensor4D, tf.Tensor4D] => [normal([2, 4, 6, 3], seed), normal([2, 8, 12, 2], seed + 1)];
    const inputs = { fused, clip: guides(4), dino: guides(6) };
    expect(decoder.call(inputs).shape).toEqual([2, 8, 12, 3]);
    expect(leftBehind(() => decoder.call(inputs))).toBe(0);
    expect([...parameters(decoder).keys()].slice(0, 2)).toEqual(['fpn.0.double_conv.0.weight', 'fpn.0.double_conv.1.weight']);
    const [coarse, fine] = guides(8);
    expect(() => decoder.call({ ...inputs, dino: [fine, coarse] })).toThrow('PaperDecoder: dino[0] must have shape [2,4,6,3]');
    disposeModule(decoder);
  }));
