import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  adaptRgbKernel,
  countParameters,
  disposeModule,
  kaimingNormalInit,
  loadResNet,
  loadResNetStem,
  Random,
  ResNetEncoder,
  ResNetStem,
  resnetVariants,
  stateDict,
  TrainPass,
  type HostTensor,
  type Init,
  type ResNetConfig,
} from '../src/index.js';
import { expectClose, normal } from './agreement.js';

const init = (seed = 0): Init => kaimingNormalInit(new Random(seed));
const zeros: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };

/** Runs with an encoder and frees it. */
function withEncoder<T>(config: ResNetConfig, run: (encoder: ResNetEncoder) => T, first = init()): T {
  const before = tf.memory().numTensors;
  const encoder = new ResNetEncoder(config, first);
  try {
    return run(encoder);
  } finally {
    disposeModule(encoder);
    expect(tf.memory().numTensors).toBe(before);
  }
}

const small = { block: 'basic', layers: [1, 1], width: 2 } as const;

test.each([
  ['resnet18', 11_176_512],
  ['resnet34', 21_284_672],
  ['resnet50', 23_508_032],
  ['resnet101', 42_500_160],
] as const)('%s has the parameters of torchvision, without its head', (name, count) => {
  withEncoder(resnetVariants[name], (encoder) => expect(countParameters(encoder)).toBe(count), zeros);
});
test('without stem it has 9,536 fewer', () => {
  const config = { ...resnetVariants.resnet50, stem: false, inChannels: 64 };
  withEncoder(config, (encoder) => expect(countParameters(encoder)).toBe(23_498_496), zeros);
});
test('names its parameters as torchvision does', () =>
  withEncoder({ block: 'bottleneck', layers: [1, 2], width: 1 }, (encoder) => {
    const bn = (name: string): string[] => ['weight', 'bias', 'running_mean', 'running_var'].map((field) => `${name}.${field}`);
    const block = (name: string): string[] => [1, 2, 3].flatMap((k) => [`${name}.conv${k}.weight`, ...bn(`${name}.bn${k}`)]);
    const projection = (name: string): string[] => [`${name}.downsample.0.weight`, ...bn(`${name}.downsample.1`)];
    const first = ['layer1.0', 'layer2.0'].flatMap((name) => [...block(name), ...projection(name)]);
    expect([...stateDict(encoder).keys()].sort()).toEqual(['conv1.weight', ...bn('bn1'), ...first, ...block('layer2.1')].sort());
  }));
test('two to four layers of any widths; sizes are halved, rounded up', () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 }),
      fc.constantFrom('basic', 'bottleneck'),
      fc.integer({ min: 33, max: 70 }),
      (width, block, size) =>
        withEncoder({ block, layers: width.map(() => 1), width, inChannels: 1 }, (encoder) =>
          tf.tidy(() => {
            const stages = encoder.call(tf.ones([1, size, 40, 1]), 'eval');
            const channels = width.map((planes) => planes * (block === 'basic' ? 1 : 4));
            const sides = (side: number): number[] => width.map((_, i) => Math.ceil(side / 2 ** (i + 2)));
            expect(stages.map(({ shape }) => shape)).toEqual(channels.map((c, i) => [1, sides(size)[i], sides(40)[i], c]));
            expect(encoder.channels).toEqual(channels);
          }),
        ),
    ),
    { numRuns: 12, seed: 1 },
  ));
test('stem and stages one by one are what call does', () =>
  withEncoder({ ...small, layers: [1, 2, 1] }, (encoder) =>
    tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([1, 32, 32, 3], 0, 1, 'float32', 1);
      let features = encoder.stem(x, 'eval');
      for (const [i, stage] of encoder.call(x, 'eval').entries()) {
        features = encoder.stage(i, features, 'eval');
        expect([...features.dataSync()]).toEqual([...stage.dataSync()]);
      }
    }),
  ));
test('with outputStride later layers dilate: every second or fourth pixel is that of the strided network, with the same parameters', () =>
  fc.assert(
    fc.property(fc.constantFrom(4, 8, 16), fc.integer({ min: 33, max: 70 }), fc.nat(1e6), (outputStride, side, seed) => {
      const config = { block: 'bottleneck', layers: [1, 2, 2, 2], width: 2 } as const;
      withEncoder(config, (strided) =>
        withEncoder({ ...config, outputStride }, (dilated) =>
          tf.tidy(() => {
            const x = normal<tf.Tensor4D>([1, side, 40, 3], seed);
            const wanted = strided.call(x, 'eval');
            for (const [i, map] of dilated.call(x, 'eval').entries()) {
              const stride = Math.min(2 ** (i + 2), outputStride);
              const step = 2 ** (i + 2) / stride;
              expect(map.shape.slice(1, 3)).toEqual([Math.ceil(side / stride), Math.ceil(40 / stride)]);
              expectClose(tf.stridedSlice(map, [0, 0, 0, 0], map.shape, [1, step, step, 1]), wanted[i], 1e-4);
            }
          }),
        ),
      );
    }),
    { numRuns: 9, seed: 1 },
  ));
test('keeps no tensor besides its stages; a training pass updates every running statistic', () =>
  withEncoder(small, (encoder) => {
    const x = tf.ones<tf.Rank.R4>([1, 32, 32, 3]);
    const before = tf.memory().numTensors;
    tf.dispose(encoder.call(x, 'eval'));
    expect(tf.memory().numTensors).toBe(before);
    const pass = new TrainPass(0);
    tf.dispose(encoder.call(x, pass));
    expect(pass.statistics.size).toBe(2 * 6);
    pass.dispose();
    x.dispose();
  }));
test('says what does not fit', () => {
  const build = (config: Partial<ResNetConfig>) => () => new ResNetEncoder({ ...small, ...config }, init());
  expect(build({ layers: [1] })).toThrow('ResNetEncoder: layers must be two to four positive integers, got [1]');
  expect(build({ layers: [1, 0] })).toThrow('layers must be two to four positive integers, got [1,0]');
  expect(build({ width: [1, 2, 3] })).toThrow('width must be a positive integer or one for each of 2 layers, got [1,2,3]');
  expect(build({ stem: false })).toThrow('ResNetEncoder: without stem, inChannels must be the width 2, got 3');
  expect(build({ outputStride: 8 })).toThrow('ResNetEncoder: outputStride must be 32 for basic blocks, got 8');
  withEncoder({ ...small, stem: false, inChannels: 2 }, (encoder) => {
    tf.tidy(() => {
      expect(() => encoder.call(tf.zeros([1, 8, 8, 3]), 'eval')).toThrow(
        'ResNetEncoder: x of layer 1 must have shape [*,*,*,2], got [1,8,8,3]',
      );
      expect(() => encoder.stem(tf.zeros([1, 8, 8, 3]), 'eval')).toThrow('ResNetEncoder: it was built without a stem');
      expect(() => encoder.stage(2, tf.zeros([1, 8, 8, 2]), 'eval')).toThrow('ResNetEncoder: index must be 0..1, got 2');
    });
  });
});

/** A checkpoint of a classifier, as torchvision's files have it. */
function checkpoint(config: Partial<ResNetConfig> = {}): Map<string, HostTensor> {
  const dict: Map<string, HostTensor> = withEncoder({ ...small, layers: [1, 1, 1, 1], ...config }, stateDict, init(9));
  dict.set('bn1.num_batches_tracked', { shape: [], data: BigInt64Array.of(5n) });
  return dict.set('fc.weight', { shape: [2, 16], data: new Float32Array(32) }).set('fc.bias', { shape: [2], data: new Float32Array(2) });
}

test('takes the weights of a classifier, deeper ones and those of wrapped training too', () => {
  const dict = checkpoint();
  for (const config of [{ layers: [1, 1, 1, 1] }, { layers: [1, 1] }, { layers: [1, 1], stem: false, inChannels: 2 }]) {
    for (const prefix of ['', 'module.']) {
      withEncoder({ ...small, ...config }, (encoder) => {
        loadResNet(encoder, new Map([...dict].map(([name, tensor]) => [prefix + name, tensor])));
        for (const [name, { data }] of stateDict(encoder)) expect(data).toEqual(dict.get(name)?.data);
      });
    }
  }
});
test('a stem for other bands: the sum for one, channel i mod 3 times 3 / k for more', () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), (inChannels) => {
      const dict = checkpoint();
      const rgb = dict.get('conv1.weight') as HostTensor;
      const adapted = adaptRgbKernel(rgb, inChannels);
      expect(adapted.shape).toEqual([2, inChannels, 7, 7]);
      const at = ({ data, shape }: HostTensor, o: number, i: number): number => Number(data[(o * shape[1] + i) * 49 + 5]);
      const sum = at(rgb, 1, 0) + at(rgb, 1, 1) + at(rgb, 1, 2);
      for (let i = 0; i < inChannels; i++) {
        expect(at(adapted, 1, i)).toBeCloseTo(inChannels === 1 ? sum : (at(rgb, 1, i % 3) * 3) / inChannels, 6);
      }
      if (inChannels === 3) expect(adapted.data).toEqual(rgb.data);
      withEncoder({ ...small, inChannels }, (encoder) => {
        loadResNet(encoder, dict);
        expect(stateDict(encoder).get('conv1.weight')?.data).toEqual(adapted.data);
      });
      const stem = new ResNetStem({ inChannels, width: 2 }, init());
      loadResNetStem(stem, dict);
      expect(stateDict(stem).get('conv1.weight')?.data).toEqual(adapted.data);
      expect(stateDict(stem).get('bn1.weight')?.data).toEqual(dict.get('bn1.weight')?.data);
      disposeModule(stem);
    }),
    { numRuns: 8, seed: 1 },
  ));
test('names the sizes of a checkpoint that does not fit, and changes nothing', () =>
  withEncoder(small, (encoder) => {
    const before = stateDict(encoder);
    const expected = 'the encoder is a ResNet of basic blocks, layers [1,1], width [2,4]';
    const load = (dict: Map<string, HostTensor>) => () => loadResNet(encoder, dict);
    expect(load(checkpoint({ width: 3 }))).toThrow(
      `loadResNet: the checkpoint is a ResNet of basic blocks, layers [1,1], width [3,6]; ${expected}`,
    );
    expect(load(checkpoint({ block: 'bottleneck' }))).toThrow('the checkpoint is a ResNet of bottleneck blocks, layers [1,1], width [2,4]');
    expect(load(checkpoint({ layers: [1, 3, 1, 1] }))).toThrow('the checkpoint is a ResNet of basic blocks, layers [1,3], width [2,4]');
    expect(load(new Map([['patch.weight', { shape: [1], data: new Float32Array(1) }]]))).toThrow(
      'the checkpoint is no ResNet (its names begin patch.weight)',
    );
    const dict = checkpoint();
    dict.delete('layer2.0.bn2.bias');
    expect(load(dict)).toThrow('missing keys: layer2.0.bn2.bias');
    expect(stateDict(encoder)).toEqual(before);
    const stem = new ResNetStem({ inChannels: 1, width: 4 }, init());
    expect(() => loadResNetStem(stem, checkpoint())).toThrow("loadResNetStem: the checkpoint's stem has width 2; the model's has 4");
    disposeModule(stem);
    expect(() => adaptRgbKernel({ shape: [1, 4, 1, 1], data: new Float32Array(4) }, 2)).toThrow(
      'adaptRgbKernel: kernel must have shape [*,3,*,*], got [1,4,1,1]',
    );
    expect(() => adaptRgbKernel({ shape: [1, 3, 1, 1], data: new Float32Array(3) }, 0)).toThrow(
      'adaptRgbKernel: inChannels must be a positive integer, got 0',
    );
  }));
