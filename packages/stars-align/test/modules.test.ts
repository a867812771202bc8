import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, parameters, TrainPass } from '@rs/nn';
import { expect, test } from 'vitest';
import { FpnDecoder, FusionModule, ModalityStem, ScseBlock, SharedFusionModule, TranslationModule } from '../src/index.js';
import { apart, forAllMaps, init, largest, normal, reversed } from './maps.js';

/** Builds a module for a check and frees it. */
function withModule<M extends object>(module: M, check: (module: M) => void): void {
  try {
    check(module);
  } finally {
    disposeModule(module);
  }
}

test('squeeze and excitation scales each value by a weight in (0, 2)', () =>
  forAllMaps(({ map, channels, seed }) =>
    withModule(new ScseBlock({ channels }, init(seed)), (block) => {
      const y = block.call(map(0));
      expect(largest(tf.relu(tf.sub(tf.abs(y), tf.mul(tf.abs(map(0)), 2))))).toBe(0);
      expect(largest(tf.relu(tf.neg(tf.mul(y, map(0)))))).toBe(0); // no value changes its sign
      expect(apart(block.call(reversed(map(0))), reversed(y))).toBeLessThan(1e-6);
    }),
  ));

test('the fused features are the specific ones, moved, beside the shared ones', () =>
  forAllMaps(({ map, channels, seed }) =>
    withModule(new FusionModule({ channels, reduction: 2 }, init(seed)), (fusion) => {
      const y = fusion.call(map(0), map(1), 'eval');
      const [moved, shared] = tf.split(y, 2, -1);
      expect(apart(shared, map(1))).toBe(0);
      expect(largest(tf.relu(tf.sub(map(0), moved)))).toBeLessThan(1e-5); // what is added comes from a ReLU
      for (const weight of parameters(fusion.fuse).values()) weight.assign(tf.zerosLike(weight) as tf.Tensor<tf.Rank>);
      expect(apart(tf.split(fusion.call(map(0), map(1), 'eval'), 2, -1)[0], map(0))).toBe(0);
    }),
  ));

test('both fusions have the same parameters; the shared one has no residual', () =>
  withModule(new SharedFusionModule({ channels: 4, kernelSize: 3 }, init()), (shared) =>
    withModule(new FusionModule({ channels: 4, kernelSize: 3 }, init()), (fusion) =>
      tf.tidy(() => {
        expect([...parameters(shared).keys()]).toEqual([...parameters(fusion).keys()]);
        const [a, b] = [normal([1, 3, 3, 4], 1), normal([1, 3, 3, 4], 2)];
        const added = tf.sub(tf.slice(fusion.call(a, b, 'eval'), [0, 0, 0, 0], [1, 3, 3, 4]), a);
        expect(apart(shared.call(a, b, 'eval'), added)).toBeLessThan(1e-5);
      }),
    ),
  ));

test.each([false, true])('translation sees neither the scale nor the offset of a channel before its norm (affine %s)', (affine) =>
  forAllMaps(({ map, channels, seed }) =>
    withModule(new TranslationModule({ channels, affine, eps: 1e-10 }, init(seed)), (translation) => {
      const x = map(0);
      const y = translation.call(x);
      expect(y.shape).toEqual(x.shape);
      if (x.shape[1] * x.shape[2] < 4) return; // the variance of so few values may be next to nothing
      expect(apart(translation.call(tf.add(tf.mul(x, 3), 1)), y)).toBeLessThan(2e-3);
      const bias = translation.conv1.bias!;
      bias.assign(tf.fill(bias.shape, 2) as tf.Tensor1D);
      expect(apart(translation.call(x), y)).toBeLessThan(2e-3);
    }),
  ),
);

test.each([false, true])('the bias before the norm gets no gradient (affine %s)', (affine) =>
  forAllMaps(({ map, channels, seed }) =>
    withModule(new TranslationModule({ channels, affine, eps: 1e-3 }, init(seed)), (translation) => {
      const { grads } = tf.variableGrads(
        () => tf.sum(tf.mul(translation.call(map(0)), map(1))),
        [translation.conv1.bias!, translation.conv2.bias!],
      );
      expect(largest(grads[translation.conv1.bias!.name])).toBeLessThan(1e-3 * Math.max(1, largest(grads[translation.conv2.bias!.name])));
    }),
  ),
);

test('a decoder ends at four times the finest stage, and treats images alike', () => {
  for (const alignCorners of [true, false]) {
    withModule(
      new FpnDecoder({ inChannels: [2, 3, 4, 5], numClasses: 3, fpnChannels: 4, decoderChannels: 4, alignCorners }, init()),
      (decoder) =>
        tf.tidy(() => {
          const stages = [2, 3, 4, 5].map((c, i) => normal([2, 16 >> i, 8 >> i, c], i + 1));
          const logits = decoder.call(stages, 'eval');
          expect(logits.shape).toEqual([2, 64, 32, 3]);
          expect(apart(decoder.call(stages.map(reversed), 'eval'), reversed(logits))).toBeLessThan(1e-5);
        }),
    );
  }
});

test('has the parameters of the full model', () => {
  const zeros = { weight: (shape: number[]) => tf.zeros(shape), bias: (shape: number[]) => tf.zeros(shape) };
  const count = (module: object): number => {
    const parameterCount = countParameters(module);
    disposeModule(module);
    return parameterCount;
  };
  expect(count(new ModalityStem({ inChannels: 1 }, zeros))).toBe(3_264);
  expect(count(new ModalityStem({ inChannels: 3 }, zeros))).toBe(9_536);
  expect(count(new FpnDecoder({ inChannels: [512, 1024, 2048, 4096], numClasses: 8 }, zeros))).toBe(5_952_264);
  expect(count(new FpnDecoder({ inChannels: [256, 512, 1024, 2048], numClasses: 8 }, zeros))).toBe(4_969_224);
  const fusions = [256, 512, 1024, 2048].map((channels) => new FusionModule({ channels }, zeros));
  expect(count(fusions)).toBe(13_261_532);
});

test('keeps no tensor besides its result', () => {
  const x = normal([1, 4, 4, 4], 1);
  const pass = new TrainPass(0);
  const cases: [object, () => tf.Tensor][] = [];
  const add = <M extends object>(module: M, call: (module: M) => tf.Tensor): void => void cases.push([module, () => call(module)]);
  add(new ScseBlock({ channels: 4 }, init()), (block) => block.call(x));
  add(new TranslationModule({ channels: 4, affine: true }, init()), (translation) => translation.call(x));
  add(new FusionModule({ channels: 4 }, init()), (fusion) => fusion.call(x, x, pass));
  for (const [module, call] of cases) {
    const before = tf.memory().numTensors;
    const y = call();
    expect(tf.memory().numTensors).toBe(before + 1 + pass.statistics.size);
    y.dispose();
    pass.dispose();
    disposeModule(module);
  }
  x.dispose();
});

test('says what does not fit', () => {
  tf.tidy(() => {
    withModule(new TranslationModule({ channels: 2 }, init()), (translation) => {
      expect(() => translation.call(tf.zeros([3, 1, 1, 2]))).toThrow('x must have more than one pixel, got shape [3,1,1,2]');
      expect(() => translation.call(tf.zeros([3, 2, 1, 3]))).toThrow('TranslationModule: x must have shape [*,*,*,2], got [3,2,1,3]');
    });
    expect(() => new TranslationModule({ channels: 2, kernelSize: 2 }, init())).toThrow('TranslationModule: kernelSize must be odd, got 2');
    expect(() => new FusionModule({ channels: 2, kernelSize: 2 }, init())).toThrow('kernelSize must be odd, got 2');
    withModule(new FusionModule({ channels: 2 }, init()), (fusion) => {
      expect(() => fusion.call(tf.zeros([1, 2, 2, 3]), tf.zeros([1, 2, 2, 2]), 'eval')).toThrow(
        'FusionModule: specific must have shape [*,*,*,2], got [1,2,2,3]',
      );
      expect(() => fusion.call(tf.zeros([1, 2, 2, 2]), tf.zeros([1, 2, 2, 3]), 'eval')).toThrow(
        'FusionModule: shared must have shape [1,2,2,2], got [1,2,2,3]',
      );
    });
    withModule(new SharedFusionModule({ channels: 2 }, init()), (fusion) =>
      expect(() => fusion.call(tf.zeros([1, 2, 2, 2]), tf.zeros([1, 2, 1, 2]), 'eval')).toThrow(
        'SharedFusionModule: b must have shape [1,2,2,2], got [1,2,1,2]',
      ),
    );
    expect(() => new FpnDecoder({ inChannels: [2, 2, 2], numClasses: 2 }, init())).toThrow(
      'inChannels must be those of 4 stages, got [2,2,2]',
    );
    withModule(new FpnDecoder({ inChannels: [1, 1, 1, 1], numClasses: 2, fpnChannels: 1, decoderChannels: 1 }, init()), (decoder) => {
      const stages = [8, 4, 2, 2].map((side) => tf.zeros<tf.Rank.R4>([1, side, side, 1]));
      expect(() => decoder.call(stages, 'eval')).toThrow('FpnDecoder: stages[3] must have shape [1,1,1,1], got [1,2,2,1]');
      expect(() => decoder.call(stages.slice(1), 'eval')).toThrow('FpnDecoder: stages must be 4 maps, got 3');
    });
  });
});
