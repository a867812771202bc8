import * as tf from '@tensorflow/tfjs-core';
import { countParameters, disposeModule, parameters, TrainPass } from '@rs/nn';
import { expect, test } from 'vitest';
import {
  fasterVit,
  SumFusion,
  TriStreamEncoder,
  type FusionInputs,
  type StreamFeatures,
  type TriStreamEncoderConfig,
} from '../src/index.js';
import { apart, normal, seeded, tiny, zeroInit } from './tiny-models.js';

const sums = () => [new SumFusion(), new SumFusion(), new SumFusion(), new SumFusion()] as const;
const build = (config: Partial<TriStreamEncoderConfig> = {}): TriStreamEncoder =>
  new TriStreamEncoder({ optChannels: 4, sarChannels: 2, encoder: tiny, ...config }, sums(), seeded(1));

test('refines all three streams at strides 4, 8, 16, 32', () => {
  const encoder = build();
  tf.tidy(() => {
    const stages = encoder.call({ opt: normal([2, 64, 50, 4], 1), sar: normal([2, 64, 50, 2], 2) }, 'eval');
    stages.forEach((stage, i) => {
      const shape = [2, Math.ceil(64 / (4 * 2 ** i)), Math.ceil(50 / (4 * 2 ** i)), tiny.dim * 2 ** i];
      for (const stream of [stage.opt, stage.sar, stage.cm]) expect(stream.shape).toEqual(shape);
    });
  });
  disposeModule(encoder);
});

test('the cross-modal stream starts from the fusion of stage 1, with or without blocks of its own there', () => {
  const [with1, without1] = [build(), build({ crossModalStage1Blocks: false })];
  tf.tidy(() => {
    const images = { opt: normal<tf.Rank.R4>([1, 32, 32, 4], 1), sar: normal<tf.Rank.R4>([1, 32, 32, 2], 2) };
    const [a, b] = [with1.call(images, 'eval'), without1.call(images, 'eval')];
    expect(apart(a[0].cm, b[0].cm)).toBe(0);
    expect(apart(a[1].cm, b[1].cm)).toBeGreaterThan(1e-4);
    const cm = without1.cm.stage(1, b[0].cm, 'eval');
    const [opt, sar] = [without1.opt.stage(1, b[0].opt, 'eval'), without1.sar.stage(1, b[0].sar, 'eval')];
    expect(apart(tf.addN([opt, sar, cm]), b[1].cm)).toBe(0);
  });
  for (const encoder of [with1, without1]) disposeModule(encoder);
});

test('hands on what a fusion returns, and gives it no cross-modal features at stage 1 alone', () => {
  const seen: boolean[] = [];
  interface WithAttention extends StreamFeatures {
    readonly attention: tf.Tensor4D;
  }
  const fusion = {
    call({ opt, sar, cm }: FusionInputs): WithAttention {
      seen.push(cm !== undefined);
      return { opt, sar, cm: opt, attention: tf.mean(opt, -1, true) };
    },
  };
  const encoder = new TriStreamEncoder({ optChannels: 4, sarChannels: 1, encoder: tiny }, [fusion, fusion, fusion, fusion], seeded(1));
  tf.tidy(() => {
    const stages = encoder.call({ opt: normal([1, 32, 32, 4], 1), sar: normal([1, 32, 32, 1], 2) }, 'eval');
    expect(stages.map(({ attention }) => attention.shape[3])).toEqual([1, 1, 1, 1]);
  });
  expect(seen).toEqual([false, true, true, true]);
  disposeModule(encoder);
});

test('trains all parameters but the unused stem of the cross-modal stream, and leaks nothing', () => {
  const encoder = build({ encoder: { ...tiny, dropPathRate: 0.2 } });
  const images = { opt: normal<tf.Rank.R4>([2, 64, 64, 4], 1), sar: normal<tf.Rank.R4>([2, 64, 64, 2], 2) };
  const names = new Map([...parameters(encoder)].map(([name, variable]) => [variable.id, name]));
  const before = tf.memory().numTensors;
  const pass = new TrainPass(1);
  const variables = [...parameters(encoder).values()];
  const { value, grads } = tf.variableGrads(() => {
    const { opt, sar, cm } = encoder.call(images, pass)[3];
    return tf.addN([opt, sar, cm].map((stream) => tf.mean(tf.square(stream)))) as tf.Scalar;
  }, variables);
  const reached = new Set(Object.keys(grads));
  const untouched = variables.filter((variable) => !reached.has(variable.name)).map(({ id }) => names.get(id)!);
  expect(untouched.length).toBe(6);
  expect(untouched.every((name) => name.startsWith('cm.patch_embed.'))).toBe(true);
  pass.commit();
  tf.dispose([value, grads]);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose(images);
  disposeModule(encoder);
});

test('three FasterViT-0 streams have the parameters of EDC', () => {
  const encoder = new TriStreamEncoder(
    { optChannels: 4, sarChannels: 2, encoder: fasterVit(0, { resolution: [160, 160] }) },
    sums(),
    zeroInit,
  );
  expect([encoder.opt, encoder.sar, encoder.cm].map(countParameters)).toEqual([30_892_416, 30_891_264, 30_891_840]);
  disposeModule(encoder);
});

test('names the image that does not fit', () => {
  const encoder = build();
  tf.tidy(() => {
    const opt = tf.zeros<tf.Rank.R4>([1, 32, 32, 4]);
    expect(() => encoder.call({ opt, sar: tf.zeros([1, 32, 16, 2]) }, 'eval')).toThrow('sar must have shape [1,32,32,2], got [1,32,16,2]');
    expect(() => encoder.call({ opt: tf.zeros([1, 32, 32, 3]), sar: opt }, 'eval')).toThrow(
      'opt must have shape [*,*,*,4], got [1,32,32,3]',
    );
  });
  disposeModule(encoder);
});
