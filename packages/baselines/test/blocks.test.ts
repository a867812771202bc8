import * as tf from '@tensorflow/tfjs-core';
import { avgPool2d, Conv2d, conv2d, disposeModule, Random, torchInit } from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeformableConv2d } from '../src/deformable-conv2d.js';
import { DynamicFilterFusion } from '../src/dynamic-filter-fusion.js';
import { Involution2d } from '../src/involution2d.js';
import { PairedWindowBlock } from '../src/paired-window-block.js';
import { pixelShuffle, pixelUnshuffle } from '../src/pixel-shuffle.js';

const init = () => torchInit(new Random(1));
const normal = (shape: [number, number, number, number], seed: number): tf.Tensor4D => tf.randomNormal(shape, 0, 1, 'float32', seed + 1);
const apart = (a: tf.Tensor, b: tf.Tensor): number => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
const value = (x: tf.Tensor4D, at: [number, number, number, number]): number => x.arraySync()[at[0]][at[1]][at[2]][at[3]];
const size = fc.integer({ min: 1, max: 4 });

test('pixel unshuffle is undone by shuffle, and puts the pixel (y, x) of a block in channel r y + x', () => {
  fc.assert(
    fc.property(size, size, size, fc.integer({ min: 1, max: 3 }), fc.nat(1e6), (h, w, channels, factor, seed) => {
      tf.tidy(() => {
        const x = normal([2, h * factor, w * factor, channels], seed);
        const blocks = pixelUnshuffle(x, factor);
        expect(blocks.shape).toEqual([2, h, w, channels * factor ** 2]);
        expect(apart(pixelShuffle(blocks, factor), x)).toBe(0);
        const last = factor ** 2 * channels - 1;
        expect(value(blocks, [1, 0, 0, last])).toBe(value(x, [1, factor - 1, factor - 1, channels - 1]));
      });
    }),
    { numRuns: 15, seed: 1 },
  );
});

test('without offsets a deformable convolution is half of a convolution, and whole pixels of offset move its image', () => {
  const layer = new DeformableConv2d({ channels: 4, groups: 2 }, init());
  tf.tidy(() => {
    const [x, guide] = [normal([2, 6, 5, 4], 1), normal([2, 6, 5, 4], 2)];
    const plain = (image: tf.Tensor4D): tf.Tensor =>
      tf.add(tf.mul(conv2d({ x: image, filter: layer.weight, padding: 1 }), 0.5), layer.bias);
    expect(apart(layer.call(x, guide), plain(x))).toBeLessThan(1e-5); // the modulation is sigmoid(0)
    const moves = Array.from({ length: 2 * 27 }, (_, i) => (i < 36 ? (i % 2 === 0 ? 1 : 0) : 0)); // y of all taps one pixel down
    layer.convOffset.bias!.assign(tf.tensor1d(moves));
    const up = tf.concat([tf.slice(x, [0, 1, 0, 0], [2, 5, 5, 4]), tf.zeros([2, 1, 5, 4])], 1) as tf.Tensor4D;
    const rows = (y: tf.Tensor): tf.Tensor => tf.slice(y as tf.Tensor4D, [0, 1, 0, 0], [2, 5, 5, 4]); // the first row sees the pixel above
    expect(apart(rows(layer.call(x, guide)), rows(plain(up)))).toBeLessThan(1e-5);
  });
  disposeModule(layer);
});

test('offsets of a deformable convolution get the gradient of their differences', () => {
  const layer = new DeformableConv2d({ channels: 2, groups: 1 }, init());
  const x = normal([1, 5, 5, 2], 3);
  const guide = tf.zeros<tf.Rank.R4>([1, 5, 5, 2]);
  const start = Array.from({ length: 27 }, (_, i) => (i < 18 ? 0.3 : 0.1)); // between pixels, where the reading is smooth
  const output = (shift: number): tf.Scalar => {
    tf.tidy(() => layer.convOffset.bias!.assign(tf.tensor1d(start.map((offset, i) => (i === 5 ? offset + shift : offset)))));
    return tf.tidy(() => tf.sum(tf.square(layer.call(x, guide))));
  };
  const numeric = tf.tidy(() => tf.div(tf.sub(output(0.02), output(-0.02)), 0.04).dataSync()[0]);
  output(0).dispose();
  const { value: loss, grads } = tf.variableGrads(() => tf.sum(tf.square(layer.call(x, guide))), [layer.convOffset.bias!]);
  expect(grads[layer.convOffset.bias!.name].dataSync()[5]).toBeCloseTo(numeric, 1);
  tf.dispose([loss, grads, x, guide]);
  disposeModule(layer);
});

test('an involution whose kernels are the middle tap gives its input, under a stride every second pixel', () => {
  for (const stride of [1, 2]) {
    const layer = new Involution2d({ inChannels: 4, outChannels: 4, kernelSize: 3, stride, groups: 2 }, init());
    tf.tidy(() => {
      layer.reduceMapping.weight.assign(tf.zeros([1, 1, 4, 1])); // so that the norm gives its bias
      layer.sigmaMapping[0].bias.assign(tf.ones([1]));
      const middle = Array.from({ length: 18 }, (_, i) => (i % 9 === 4 ? 1 : 0));
      layer.spanMapping.weight.assign(tf.tensor4d(middle, [1, 1, 1, 18]));
      const x = normal([2, 6, 4, 4], 4);
      expect(apart(layer.call(x, 'eval'), avgPool2d(x, { kernelSize: 1, stride }))).toBeLessThan(1e-6);
    });
    disposeModule(layer);
  }
});

test.each([
  [false, 0, 3],
  [true, 2, 5],
])('a window block shifted %s mixes the rows %i..%i around a pixel, and no others', (shifted, first, last) => {
  const block = new PairedWindowBlock({ dim: 4, numHeads: 2, windowSize: 4, shifted, mlpRatio: 2, normFirst: true }, init());
  tf.tidy(() => {
    const [optical, sar] = [normal([1, 8, 8, 4], 5), normal([1, 8, 8, 4], 6)];
    const pixel = tf.pad(tf.ones([1, 1, 1, 4]), [[0, 0], [3, 4], [3, 4], [0, 0]]) as tf.Tensor4D; // prettier-ignore
    const changed = tf.add<tf.Tensor4D>(optical, tf.mul(pixel, normal([1, 8, 8, 4], 7)));
    const difference = tf.abs(tf.sub(block.call([changed, sar], 'eval')[0], block.call([optical, sar], 'eval')[0]));
    const rows = [...tf.max(difference, [0, 2, 3]).dataSync()].flatMap((moved, row) => (moved > 1e-6 ? [row] : []));
    expect(rows).toEqual([0, 1, 2, 3].map((i) => first + i));
    expect(rows[3]).toBe(last);
  });
  disposeModule(block);
});

test('dynamic filters of one everywhere give SAR features the sum of their neighbourhood, and gates that are shut change nothing', () => {
  const fusion = new DynamicFilterFusion({ channels: 2, filterSize: 3 }, init());
  const constant = (conv: Conv2d, bias: number): void => {
    conv.weight.assign(tf.zeros(conv.weight.shape));
    conv.bias!.assign(tf.fill(conv.bias!.shape, bias) as tf.Tensor1D);
  };
  tf.tidy(() => {
    const [optical, sar] = [normal([1, 4, 5, 2], 8), normal([1, 4, 5, 2], 9)];
    constant(fusion.DF.last, 1);
    constant(fusion.optDistribute1x1conv, -100);
    constant(fusion.sarFuse1x1conv, -100);
    const [shutOptical, shutSar] = fusion.call([optical, sar]);
    expect(apart(shutOptical, optical) + apart(shutSar, sar)).toBeLessThan(1e-6);
    constant(fusion.sarFuse1x1conv, 100); // open: the optical side becomes the filtered SAR side
    const inner = tf.slice(fusion.call([optical, sar])[0], [0, 1, 1, 0], [1, 2, 3, 2]);
    expect(apart(inner, tf.mul(avgPool2d(sar, { kernelSize: 3, stride: 1 }), 9))).toBeLessThan(1e-5);
  });
  disposeModule(fusion);
});
