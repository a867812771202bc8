import { capture } from '@rs/engine';
import { countParameters, disposeModule, parameters, Random, TrainPass, type Init } from '@rs/nn';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  CnnEncoder,
  ConcatFusionBlock,
  FrequencyAwareDecoder,
  OtMmdSegmenter,
  SynergisticFusionBlock,
  VssEncoder,
  type OtMmdSegmenterConfig,
  type SegmenterVariant,
} from '../src/index.js';
import { apart, value } from './token-pairs.js';

const small: OtMmdSegmenterConfig = {
  numClasses: 3,
  cnn: { channels: [4, 6], depths: [1, 1] },
  vss: { dims: [4, 8], depths: [1, 1], stateSize: 2 },
  fusion: { fusionDim: 4, ssm: { stateSize: 2 } },
  decoder: { decoderChannels: 4, compressedChannels: 4, lowpassKernel: 3 },
};
const build = (config: Partial<OtMmdSegmenterConfig> = {}): OtMmdSegmenter => new OtMmdSegmenter({ ...small, ...config }, new Random(0));
const image = (seed = 1): tf.Tensor4D => tf.randomUniform([2, 16, 24, 3], 0, 1, 'float32', seed);
const aux = (seed = 2): tf.Tensor4D => tf.randomUniform([2, 16, 24, 1], 0, 1, 'float32', seed);

test.each([
  ['A', 0],
  ['A0', 0],
  ['A1', 0],
  ['A2', 1],
  ['A3', 2],
] as const)('variant %s: its blocks, and an alignment loss from A1 on', (variant, layers) => {
  const model = build({ variant });
  for (const block of model.fusion) {
    if (variant === 'A') expect(block).toBeInstanceOf(ConcatFusionBlock);
    else expect((block as SynergisticFusionBlock).ssm).toHaveLength(layers);
  }
  tf.tidy(() => {
    const { logits, alignLoss, alignLosses } = model.call(image(), aux(), 'eval');
    expect(logits.shape).toEqual([2, 16, 24, 3]);
    expect(alignLosses.shape).toEqual([2]);
    expect(value(alignLoss)).toBeCloseTo(value(tf.mean(alignLosses)), 6);
    expect(value(tf.min(alignLosses)) > 0).toBe(['A1', 'A2', 'A3'].includes(variant));
  });
  disposeModule(model);
});

test('options of the fusion go over the preset, absent ones do not', () => {
  const model = build({ variant: 'A3', fusion: { ...small.fusion, ssmLayers: undefined, fusionDim: 6 } });
  const [block] = model.fusion as SynergisticFusionBlock[];
  expect(block.ssm).toHaveLength(2);
  expect(block.projP!.weight.shape[3]).toBe(6);
  disposeModule(model);
});

test('alignment losses are added up where that is asked for', () => {
  const [mean, sum] = [build(), build({ alignReduction: 'sum' })];
  tf.tidy(() => {
    const [a, b] = [mean, sum].map((model) => value(model.call(image(), aux(), 'eval').alignLoss));
    expect(b).toBeCloseTo(2 * a, 5);
  });
  disposeModule(mean);
  disposeModule(sum);
});

test('both sensors count; without feedback the second stage of the CNN does not see the elevation', () => {
  const [feedback, plain] = [build({ variant: 'A' }), build({ variant: 'A', feedback: false })];
  tf.tidy(() => {
    const logits = (model: OtMmdSegmenter, x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor4D => model.call(x, y, 'eval').logits;
    expect(apart(logits(plain, image(), aux()), logits(plain, image(), aux(5)))).toBeGreaterThan(1e-5);
    expect(apart(logits(plain, image(), aux()), logits(plain, image(5), aux()))).toBeGreaterThan(1e-5);
    expect(apart(logits(plain, image(), aux()), logits(feedback, image(), aux()))).toBeGreaterThan(1e-6);
  });
  disposeModule(feedback);
  disposeModule(plain);
});

test('has the counted parameters at the defaults', () => {
  const zeroInit: Init = { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) };
  const cnn = new CnnEncoder({}, zeroInit);
  const vss = new VssEncoder({}, zeroInit);
  const decoder = new FrequencyAwareDecoder({ channels: [64, 128, 256, 512], numClasses: 6 }, new Random(0));
  expect([cnn, vss, decoder].map(countParameters)).toEqual([11176512, 22119840, 294130]);
  [cnn, vss, decoder].forEach(disposeModule);
  const model = build();
  const parts = [model.cnn, model.vss, { fusion: model.fusion }, model.decoder];
  expect(countParameters(model)).toBe(parts.reduce((total, part) => total + countParameters(part), 0));
  const roots = new Set([...parameters(model).keys()].map((name) => name.split('.')[0]));
  expect([...roots]).toEqual(['cnn', 'vss', 'fusion', 'decoder']);
  disposeModule(model);
});

test('the encoder of the image names its parameters as torchvision does, and puts out half the size at each stage', () => {
  const cnn = new CnnEncoder(
    { channels: [4, 6, 8], depths: [1, 2, 1] },
    { weight: (shape) => tf.zeros(shape), bias: (shape) => tf.zeros(shape) },
  );
  const names = [...parameters(cnn).keys()];
  for (const name of ['conv1.weight', 'bn1.bias', 'layer1.0.conv2.weight', 'layer2.0.downsample.0.weight', 'layer3.0.bn2.weight'])
    expect(names).toContain(name);
  expect(new Set(names).size).toBe(names.length);
  tf.tidy(() => {
    const shapes = cnn.call(tf.ones([1, 32, 16, 3]), 'eval').map(({ shape }) => shape);
    expect(shapes).toEqual([[1, 8, 4, 4], [1, 4, 2, 6], [1, 2, 1, 8]]); // prettier-ignore
    expect(() => cnn.call(tf.ones([1, 24, 16, 3]), 'eval')).toThrow(
      'CnnEncoder: x: sides must be multiples of 16 (pad the image), got 24x16',
    );
  });
  disposeModule(cnn);
});

test('a train step runs as a captured graph, with its own seed at each call', () => {
  const model = build();
  const inputs = { image: image(), aux: aux(), seed: tf.tensor1d([3, 0], 'int32') };
  const step = (given: typeof inputs): Record<string, tf.Tensor> => {
    const pass = new TrainPass(given.seed);
    const variables = [...parameters(model).values()] as tf.Tensor[];
    const loss = (): tf.Tensor => {
      const { logits, alignLoss } = model.call(given.image, given.aux, pass);
      return tf.add(tf.mean(tf.square(logits)), tf.mul(alignLoss, 0.1));
    };
    const { value: total, grads } = tf.engine().gradients(loss, variables, undefined, true);
    pass.dispose();
    return { total, ...Object.fromEntries(grads.map((gradient, i) => [`${i}`, gradient])) };
  };
  const captured = capture(step as (given: Record<string, tf.Tensor>) => Record<string, tf.Tensor>);
  const [graph, eager] = [captured(inputs), tf.tidy(() => step(inputs))];
  for (const name of Object.keys(eager)) {
    const scale = 1 + tf.tidy(() => value(tf.max(tf.abs(eager[name]))));
    expect(apart(graph[name], eager[name])).toBeLessThan(1e-4 * scale);
  }
  captured.dispose();
  disposeModule(model);
  tf.dispose([inputs, graph, eager]);
});

test('keeps no tensor besides its outputs, and none once disposed', () => {
  const before = tf.memory().numTensors;
  const given = [image(), aux()] as const;
  const model = build();
  const built = tf.memory().numTensors;
  const outputs = model.call(...given, 'eval');
  expect(tf.memory().numTensors).toBe(built + 3);
  tf.dispose([{ ...outputs }, ...given]);
  disposeModule(model);
  expect(tf.memory().numTensors).toBe(before);
});

test('names what is wrong', () => {
  expect(() => build({ variant: 'B' as SegmenterVariant })).toThrow('OtMmdSegmenter: variant must be one of A, A0, A1, A2, A3, got B');
  expect(() => build({ vss: { dims: [4, 8, 16], depths: [1, 1, 1] } })).toThrow(
    'OtMmdSegmenter: cnn and vss must have the same stages, got channels [4,6] and dims [4,8,16]',
  );
  expect(() => build({ cnn: { channels: [4, 6], depths: [1] } })).toThrow(
    'CnnEncoder: channels and depths must have one entry a stage each',
  );
  const model = build();
  tf.tidy(() => {
    expect(() => model.call(tf.ones([1, 12, 16, 3]), tf.ones([1, 12, 16, 1]), 'eval')).toThrow(
      'OtMmdSegmenter: image: sides must be multiples of 8 (pad the image), got 12x16',
    );
    expect(() => model.call(tf.ones([1, 16, 16, 3]), tf.ones([1, 16, 8, 1]), 'eval')).toThrow(
      'OtMmdSegmenter: aux must have shape [1,16,16,1], got [1,16,8,1]',
    );
    expect(() => model.call(tf.ones([1, 0, 16, 3]), tf.ones([1, 0, 16, 1]), 'eval')).toThrow('sides must be multiples of 8');
  });
  disposeModule(model);
});
