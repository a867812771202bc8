import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, Random, stateDict, torchInit, TrainPass, type HostTensor, type Init } from '@rs/nn';
import { expect, test } from 'vitest';
import { loadVssEncoder, SelectiveScan2d, VssEncoder, vssInit, type VssEncoderConfig } from '../src/index.js';
import { apart } from './apart.js';

const small: VssEncoderConfig = { dims: [4, 8], depths: [1, 2], patchSize: 2, stateSize: 2 };
const build = (config: VssEncoderConfig = small, seed = 0): VssEncoder => new VssEncoder(config, vssInit(new Random(seed)));
const mapOf = (shape: [number, number, number, number], seed: number): tf.Tensor4D => tf.randomNormal(shape, 0, 1, 'float32', seed);

test('one map a stage, half the size and twice the channels each; every pixel of the first sees every pixel of the image', () => {
  const encoder = build();
  tf.tidy(() => {
    const x = mapOf([2, 8, 12, 1], 1);
    const [fine, coarse] = encoder.call(x, 'eval');
    expect([fine.shape, coarse.shape]).toEqual([
      [2, 4, 6, 4],
      [2, 2, 3, 8],
    ]);
    const gradient = tf.grad((image) => tf.sum(tf.square(tf.slice(encoder.call(image as tf.Tensor4D, 'eval')[0], [0, 1, 2, 0], [1, 1, 1, 4]))))(x); // prettier-ignore
    const [own, other] = tf.unstack(tf.reshape(gradient, [2, 96])).map((image) => [...image.dataSync()]);
    expect(own.filter((value) => value === 0)).toEqual([]);
    expect(new Set(other)).toEqual(new Set([0]));
  });
  disposeModule(encoder);
});

test('a map seen upside down and mirrored, or transposed, gives the same up to that, when paths of equal weights are summed', () => {
  const scan = new SelectiveScan2d({ dim: 3, stateSize: 2 }, torchInit(new Random(1)));
  tf.tidy(() => {
    for (const variable of [scan.xProjWeight, scan.dtProjsWeight, scan.dtProjsBias] as tf.Variable[]) {
      const first = tf.slice(variable as tf.Tensor, variable.shape.map(() => 0), [1, ...variable.shape.slice(1)]); // prettier-ignore
      variable.assign(tf.tile(first, [4, ...variable.shape.slice(1).map(() => 1)]) as tf.Tensor<tf.Rank>);
    }
    // a symmetric filter, so that the convolution treats both axes and both ends alike
    const corner = tf.mul(tf.add(scan.conv2d.weight, tf.reverse(scan.conv2d.weight, [0, 1])), 0.5) as tf.Tensor4D;
    scan.conv2d.weight.assign(tf.mul(tf.add(corner, tf.transpose(corner, [1, 0, 2, 3])), 0.5));
    const x = mapOf([1, 4, 6, 3], 2);
    const y = scan.call(x);
    expect(apart(tf.reverse(scan.call(tf.reverse(x, [1, 2])), [1, 2]), y)).toBeLessThan(1e-5);
    expect(apart(tf.transpose(scan.call(tf.transpose(x, [0, 2, 1, 3])), [0, 2, 1, 3]), y)).toBeLessThan(1e-5);
  });
  disposeModule(scan);
});

test('names its parameters as VMamba does', () => {
  const encoder = new VssEncoder({ depths: [1, 1, 1, 1], dims: [16, 32, 64, 128] }, torchInit(new Random(0)));
  const names = [...stateDict(encoder).keys()];
  for (const name of ['patch_embed.norm.bias', 'layers.0.blocks.0.ln_1.weight', 'layers.2.downsample.reduction.weight'])
    expect(names).toContain(name);
  expect(names).toContain('layers.3.blocks.0.self_attention.A_logs');
  expect(names.filter((name) => name.startsWith('layers.3.downsample'))).toEqual([]);
  disposeModule(encoder);
});

test('is VMamba-T at the defaults: 22,119,840 values', () => {
  const zeros: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };
  const encoder = new VssEncoder({}, zeros);
  expect(countParameters(encoder)).toBe(22_119_840);
  disposeModule(encoder);
});

test('drops whole samples in training alone', () => {
  const encoder = build({ ...small, depths: [1, 1], dropPathRate: 0.99 });
  const pass = new TrainPass(3);
  tf.tidy(() => {
    const x = mapOf([3, 4, 4, 1], 1);
    const [fine, coarse] = encoder.call(x, 'eval');
    const [sameFine, other] = encoder.call(x, pass);
    expect(apart(sameFine, fine)).toBe(0); // the first block is never dropped
    expect(apart(other, coarse)).toBeGreaterThan(0);
  });
  pass.dispose();
  disposeModule(encoder);
});

/** Keys as the published files have them. */
function published(encoder: VssEncoder, rename: (name: string) => string): Map<string, HostTensor> {
  const dict = [...stateDict(encoder)].map(([name, tensor]) => [rename(name), tensor] as const);
  return new Map<string, HostTensor>([...dict, ['classifier.head.bias', { shape: [2], data: new Float32Array(2) }]]);
}

test.each([
  ['VMamba', (name: string) => name],
  ['MFMamba', (name: string) => `module.${name.replace(/^layers\.(\d+)\.downsample/, 'downsamples.$1')}`],
])('takes a checkpoint with the names of %s', (_, rename) => {
  const [from, to] = [build(small, 1), build(small, 2)];
  loadVssEncoder(to, published(from, rename));
  tf.tidy(() => {
    const x = mapOf([1, 4, 4, 1], 1);
    expect(apart(to.call(x, 'eval')[1], from.call(x, 'eval')[1])).toBe(0);
  });
  disposeModule(from);
  disposeModule(to);
});

test('keeps its own patch embedding where the images have other channels, and lists what a file lacks', () => {
  const [rgb, elevation] = [build({ ...small, inChannels: 3 }, 1), build(small, 2)];
  const before = [...elevation.patchEmbed.proj.weight.dataSync()];
  loadVssEncoder(
    elevation,
    published(rgb, (name) => name),
  );
  expect([...elevation.patchEmbed.proj.weight.dataSync()]).toEqual(before);
  expect([...elevation.layers[0].blocks[0].selfAttention.inProj.weight.dataSync()]).toEqual([
    ...rgb.layers[0].blocks[0].selfAttention.inProj.weight.dataSync(),
  ]);
  const dict = published(rgb, (name) => name);
  dict.delete('layers.0.blocks.0.ln_1.weight');
  expect(() => loadVssEncoder(elevation, dict)).toThrow('layers.0.blocks.0.ln_1.weight');
  disposeModule(rgb);
  disposeModule(elevation);
});

test('leaves no tensor behind', () => {
  const encoder = build();
  const x = mapOf([1, 4, 4, 1], 1);
  const before = tf.memory().numTensors;
  tf.dispose(encoder.call(x, 'eval'));
  expect(tf.memory().numTensors).toBe(before);
  disposeModule(encoder);
  x.dispose();
});

test('says which sizes it needs', () => {
  const encoder = build();
  expect(() => encoder.call(tf.zeros([1, 6, 8, 1]), 'eval')).toThrow('VssEncoder: the sides of x must be multiples of 4, got 6x8');
  expect(() => encoder.call(tf.zeros([1, 8, 8, 3]), 'eval')).toThrow('VssEncoder: x must have shape [*,*,*,1], got [1,8,8,3]');
  disposeModule(encoder);
  expect(() => build({ ...small, dims: [4, 6] })).toThrow(
    'dims must double from stage to stage, one a depth, got dims [4,6], depths [1,2]',
  );
  expect(() => new SelectiveScan2d({ dim: 2, convKernel: 2 }, torchInit(new Random(0)))).toThrow('convKernel must be odd, got 2');
});
