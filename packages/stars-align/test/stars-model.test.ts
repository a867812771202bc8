import * as tf from '@tensorflow/tfjs-core';
import { capture } from '@rs/engine';
import { buffers, countParameters, disposeModule, parameters, Random, stateDict, TrainPass, type HostTensor } from '@rs/nn';
import { expect, test } from 'vitest';
import { loadBackbone, StarsModel, type StarsConfig } from '../src/index.js';
import { apart, normal, reversed } from './maps.js';

const small = {
  numClasses: 3,
  block: 'basic',
  layers: [1, 1, 1, 1],
  width: 2,
  scseReduction: 1,
  fpnChannels: 4,
  decoderChannels: 4,
} as const satisfies StarsConfig;

/** Runs with a model and frees it and all that the run made. */
function withModel(config: Partial<StarsConfig>, run: (model: StarsModel) => void): void {
  const before = tf.memory().numTensors;
  const model = new StarsModel({ ...small, ...config }, new Random(1));
  try {
    tf.tidy(() => run(model));
  } finally {
    disposeModule(model);
  }
  expect(tf.memory().numTensors).toBe(before);
}

const m1 = (n = 2, seed = 1): tf.Tensor4D => normal([n, 64, 96, 1], seed);
const m2 = (n = 2, seed = 2): tf.Tensor4D => normal([n, 64, 96, 3], seed);

/** Numbers of parameters by the first part of their path, without storing their values. */
function countsOf(config: Partial<StarsConfig>): Record<string, number> {
  const model = new StarsModel({ numClasses: 8, ...config }, { normal: () => 0 } as unknown as Random);
  const counts: Record<string, number> = { all: countParameters(model) };
  for (const [name, { size }] of parameters(model)) {
    const [part] = name.split('.');
    counts[part] = (counts[part] ?? 0) + size;
  }
  disposeModule(model);
  return counts;
}

test('has the parameters of the specification', () => {
  expect(countsOf({})).toEqual({
    all: 134_888_912,
    stem_m1: 3_264,
    stem_m2: 9_536,
    shared: 23_498_496,
    specific_m1: 23_498_496,
    specific_m2: 23_498_496,
    fusion: 13_261_532,
    shared_fusion: 13_261_532,
    decoder_m1: 5_952_264,
    decoder_m2: 5_952_264,
    decoder_fuse: 4_969_224,
    translate_m1_to_m2: 10_491_904,
    translate_m2_to_m1: 10_491_904,
  });
});
test.each([
  ['without translation', { translation: false }, 113_905_104],
  ['with translation by 3x3', { translation: { kernelSize: 3 } }, 218_774_992],
  ['with separate fusion', { shareFusion: false }, 148_150_444],
] as const)('%s it has the number of the specification', (_, config, count) => expect(countsOf(config).all).toBe(count));

test('a training call gives three segmentations and the features of the aligned stages', () =>
  withModel({ alignStages: [2, 4] }, (model) => {
    const outputs = model.call({ m1: m1(), m2: m2() }, 'eval');
    for (const logits of [outputs.logitsM1, outputs.logitsM2, outputs.logitsFuse]) expect(logits.shape).toEqual([2, 64, 96, 3]);
    expect(Object.keys(outputs.aligned)).toEqual(['2', '4']);
    for (const features of Object.values(outputs.aligned[2]!)) expect(features.shape).toEqual([2, 8, 12, 4]);
    for (const features of Object.values(outputs.aligned[4]!)) expect(features.shape).toEqual([2, 2, 3, 16]);
  }));

test('each prediction is that branch of the training call, and treats images alike', () =>
  withModel({}, (model) => {
    const outputs = model.call({ m1: m1(), m2: m2() }, 'eval');
    expect(apart(model.predict({ m1: m1() }), outputs.logitsM1)).toBeLessThan(1e-5);
    expect(apart(model.predict({ m2: m2() }), outputs.logitsM2)).toBeLessThan(1e-5);
    expect(apart(model.predict({ m1: m1(), m2: m2() }), outputs.logitsFuse)).toBeLessThan(1e-5);
    expect(apart(model.predict({ m1: reversed(m1()) }), reversed(outputs.logitsM1))).toBeLessThan(1e-4);
  }));

test.each(['m1', 'm2'] as const)('%s alone is segmented without reading what belongs to the other', (modality) =>
  withModel({ shareFusion: false }, (model) => {
    const given = modality === 'm1' ? { m1: m1(1) } : { m2: m2(1) };
    const logits = model.predict(given);
    const own = new RegExp(`^(shared|(stem|specific|fusion|decoder)_${modality})\\.`);
    const others = [...parameters(model), ...buffers(model)].filter(([name]) => !own.test(name));
    expect(others.length).toBeGreaterThan(100);
    for (const [, variable] of others) variable.assign(tf.fill(variable.shape, NaN) as tf.Tensor<tf.Rank>);
    expect(apart(model.predict(given), logits)).toBe(0);
  }),
);

test('without translation the translated features are the shared ones', () =>
  withModel({ translation: false }, (model) => {
    expect([...parameters(model).keys()].filter((name) => name.startsWith('translate'))).toEqual([]);
    const { sharedM1, sharedM2, translatedM1, translatedM2 } = model.call({ m1: m1(), m2: m2() }, 'eval').aligned[4]!;
    expect(apart(translatedM1, sharedM1)).toBe(0);
    expect(apart(translatedM2, sharedM2)).toBe(0);
  }));

test('what serves both modalities takes in the statistics of m1, then those of m2', () =>
  withModel({}, (model) => {
    const both = new TrainPass(0);
    model.call({ m1: m1(), m2: m2() }, both);
    const inTurn = new TrainPass(0);
    model.decode('m1', model.encode('m1', m1(), inTurn), inTurn);
    model.decode('m2', model.encode('m2', m2(), inTurn), inTurn);
    const bn = buffers(model.shared).get('layer1.0.bn1.running_mean')!;
    expect(apart(both.statistic(bn), inTurn.statistic(bn))).toBeLessThan(1e-6);
    expect(apart(both.statistic(bn), bn)).toBeGreaterThan(1e-4);
    expect(both.statistics.size).toBe(buffers(model).size);
    both.dispose();
    inTurn.dispose();
  }));

test('runs as one graph, its gradients too', () =>
  withModel({}, (model) => {
    const [stem] = parameters(model).values();
    const step = capture(({ x1, x2 }: Record<string, tf.Tensor>) => {
      const { value, grads } = tf.variableGrads(
        () => tf.mean(model.call({ m1: x1 as tf.Tensor4D, m2: x2 as tf.Tensor4D }, 'eval').logitsM1),
        [stem],
      );
      return { value, gradient: grads[stem.name] };
    });
    const given = { x1: m1(1), x2: m2(1) };
    const { value, gradient } = step(given);
    const again = step({ x1: m1(1, 5), x2: m2(1) });
    expect(apart(value, tf.mean(model.predict({ m1: m1(1) })))).toBeLessThan(1e-5);
    expect(apart(again.value, tf.mean(model.predict({ m1: m1(1, 5) })))).toBeLessThan(1e-5);
    expect(gradient.shape).toEqual(stem.shape);
    step.dispose();
  }));

test('starts from the weights of a ResNet: three encoders alike, stems fitted to their bands', () =>
  withModel({ m2Channels: 4 }, (model) => {
    const dict = new Map<string, HostTensor>(stateDict(model.shared));
    const rgb = { shape: [2, 3, 7, 7], data: Float32Array.from({ length: 294 }, (_, i) => Math.sin(i)) };
    dict.set('conv1.weight', rgb).set('fc.weight', { shape: [1], data: new Float32Array(1) });
    for (const [i, field] of ['weight', 'bias', 'running_mean', 'running_var'].entries()) {
      dict.set(`bn1.${field}`, { shape: [2], data: Float32Array.of(i, 2) });
    }
    loadBackbone(model, dict);
    expect(stateDict(model.specificM1)).toEqual(stateDict(model.shared));
    expect(stateDict(model.specificM2)).toEqual(stateDict(model.shared));
    const [one, four] = [model.stemM1, model.stemM2].map((stem) => stateDict(stem).get('conv1.weight')!);
    expect(one.data[0]).toBeCloseTo(rgb.data[0] + rgb.data[49] + rgb.data[98], 6);
    expect(four.data[3 * 49]).toBeCloseTo((rgb.data[0] * 3) / 4, 6);
    expect([...stateDict(model.stemM2).get('bn1.bias')!.data]).toEqual([1, 2]);
    const wider = new StarsModel({ ...small, width: 4 }, new Random(1));
    const before = stateDict(wider);
    expect(() => loadBackbone(wider, dict)).toThrow(
      'the checkpoint is a ResNet of basic blocks, layers [1,1,1,1], width [2,4,8,16]; the encoder is a ResNet of basic blocks, ' +
        'layers [1,1,1,1], width [4,8,16,32]',
    );
    expect(stateDict(wider)).toEqual(before);
    disposeModule(wider);
  }));

test('says what is wrong with its inputs', () =>
  withModel({}, (model) => {
    const images = (...shape: [number, number, number]) => ({
      m1: tf.zeros<tf.Rank.R4>([...shape, 1]),
      m2: tf.zeros<tf.Rank.R4>([...shape, 3]),
    });
    expect(() => model.predict({})).toThrow('StarsModel: m1, m2 or both must be given, got neither');
    const alone = { m1: images(1, 64, 64).m1 } as unknown as ReturnType<typeof images>;
    expect(() => model.call(alone, 'eval')).toThrow('StarsModel: training needs m1 and m2, got m1 alone');
    expect(() => model.predict({ m1: images(1, 48, 64).m1 })).toThrow(
      'StarsModel: m1 must have sides that are multiples of 32, got [1,48,64,1]',
    );
    expect(() => model.predict({ m2: images(1, 64, 40).m2 })).toThrow('m2 must have sides that are multiples of 32, got [1,64,40,3]');
    expect(() => model.call({ m1: images(1, 64, 64).m1, m2: images(1, 64, 32).m2 }, 'eval')).toThrow(
      'StarsModel: m2 must have shape [1,64,64,3], got [1,64,32,3]',
    );
    expect(() => model.predict({ m1: images(1, 64, 64).m2 })).toThrow('StarsModel: m1 must have shape [*,*,*,1], got [1,64,64,3]');
    expect(() => model.call(images(2, 32, 32), 'eval')).toThrow(
      'StarsModel: the instance norm of stage 4 needs more than one pixel, so more than 32 x 32 of m1, got [2,32,32,1]',
    );
    expect(model.predict(images(2, 32, 32)).shape).toEqual([2, 32, 32, 3]);
  }));

test('says what is wrong with its configuration', () => {
  const build = (config: Partial<StarsConfig>) => () => new StarsModel({ ...small, ...config }, new Random(0));
  expect(build({ layers: [1, 1] })).toThrow('StarsModel: layers must be the blocks of 4 stages, got [1,1]');
  expect(build({ alignStages: [3, 3] })).toThrow('StarsModel: alignStages must be different ones of 1, 2, 3 and 4, got [3,3]');
});
