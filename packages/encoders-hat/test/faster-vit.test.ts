import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import {
  buffers,
  countParameters,
  disposeModule,
  parameters,
  Random,
  stateDict,
  TrainPass,
  truncatedNormalInit,
  type HostTensor,
} from '@rs/nn';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adaptStem, FasterViT, fasterVit, fasterVitInit, fasterVitVariants, loadFasterViT } from '../src/index.js';
import { apart, normal, seeded, tiny, zeroInit } from './tiny-models.js';

/** Names and shapes of the official FasterViT-0 at 224 with its head, derived buffers included. */
const official: Record<string, number[]> = JSON.parse(await readFile(new URL('./faster-vit-0-keys.json', import.meta.url), 'utf8'));
const derived = /\.(relative_bias|relative_coords_table|relative_position_index|num_batches_tracked)$|\.to_global_feature\./;

/** [in,out] -> (out,in), HWIO -> (O,I,kH,kW) */
const torchShape = ({ shape }: tf.Variable): number[] =>
  shape.length === 4 ? [3, 2, 0, 1].map((axis) => shape[axis]) : [...shape].reverse();

test('any image size gives a pyramid of sizes rounded up, and no sample sees another', () => {
  const model = new FasterViT({ ...tiny, numClasses: 3 }, seeded(1));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 110 }), fc.integer({ min: 1, max: 110 }), fc.integer({ min: 0, max: 1e6 }), (h, w, seed) => {
      tf.tidy(() => {
        const x = normal<tf.Rank.R4>([2, h, w, 3], seed);
        const { logits, ...stages } = model.call(x, 'eval');
        Object.values(stages).forEach((stage, i) => {
          const stride = 4 * 2 ** i;
          expect(stage.shape).toEqual([2, Math.ceil(h / stride), Math.ceil(w / stride), tiny.dim * 2 ** i]);
        });
        expect(logits!.shape).toEqual([2, 3]);
        const alone = model.call(tf.slice(x, 1, 1), 'eval');
        expect(apart(tf.slice(stages.stage4, 1, 1), alone.stage4)).toBeLessThan(1e-4);
        expect(apart(tf.slice(logits!, 1, 1), alone.logits!)).toBeLessThan(1e-4);
      });
    }),
    { numRuns: 15, seed: 1 },
  );
  disposeModule(model);
});

test('a resolution only decides which parameters exist: the same weights give the same features', () => {
  const models = [tiny, { ...tiny, resolution: [96, 96] as const }].map((config) => new FasterViT(config, seeded(1)));
  tf.tidy(() => {
    const x = normal<tf.Rank.R4>([1, 80, 80, 3], 2);
    const [a, b] = models.map((model) => model.call(x, 'eval').stage4);
    expect(apart(a, b)).toBe(0);
  });
  models.forEach(disposeModule);
});

test('one seed gives one training pass; the running statistics move, nothing leaks', () => {
  const model = new FasterViT({ ...tiny, dropPathRate: 0.5, layerScale: 0.1, layerScaleConv: 0.1, doPropagation: true }, seeded(1));
  const x = normal<tf.Rank.R4>([2, 64, 64, 3], 3);
  const before = tf.memory().numTensors;
  const run = (seed: number): Float32Array => {
    const pass = new TrainPass(seed);
    const values = tf.tidy(() => model.call(x, pass).stage4.dataSync() as Float32Array);
    pass.dispose();
    return values;
  };
  expect(run(1)).toEqual(run(1));
  expect(run(1)).not.toEqual(run(2));
  const pass = new TrainPass(1);
  const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(model.call(x, pass).stage4)));
  const mean = stateDict(model).get('norm.running_mean')!.data;
  pass.commit();
  expect(stateDict(model).get('norm.running_mean')!.data).not.toEqual(mean);
  tf.dispose([value, grads]);
  expect(tf.memory().numTensors).toBe(before);
  const stages = model.call(x, 'eval');
  expect(tf.memory().numTensors).toBe(before + 4);
  tf.dispose([stages, x]);
  disposeModule(model);
});

test('drop path rates rise from 0 to the last block, and layerNormLast ends with a layer norm', () => {
  const model = new FasterViT({ ...tiny, layerNormLast: true, dropPathRate: 0.9 }, seeded(1));
  expect([...stateDict(model).keys()].filter((name) => name.startsWith('norm.'))).toEqual(['norm.weight', 'norm.bias']);
  tf.tidy(() => {
    const x = normal<tf.Rank.R4>([8, 8, 8, 4], 1);
    const pass = new TrainPass(5);
    const first = new TrainPass(6);
    expect(apart(model.levels[0].features(x, pass), model.levels[0].features(x, first))).toBe(0); // rate 0: nothing random
    pass.dispose();
    first.dispose();
  });
  disposeModule(model);
});

test('FasterViT-0 has the names, shapes and order of the official state dict', () => {
  const model = new FasterViT(fasterVit(0, { numClasses: 1000 }), zeroInit);
  const wanted = Object.entries(official).filter(([name]) => !derived.test(name));
  const shapes = (variables: Map<string, tf.Variable>): [string, number[]][] =>
    [...variables].map(([name, variable]) => [name, torchShape(variable)]);
  expect(shapes(parameters(model))).toEqual(wanted.filter(([name]) => !/running_/.test(name)));
  expect(shapes(buffers(model))).toEqual(wanted.filter(([name]) => /running_/.test(name)));
  disposeModule(model);
});

test.each([
  [0, { numClasses: 1000 }, 31_404_840],
  [0, { resolution: [160, 160] as const }, 30_891_840],
  [0, { inChans: 4, resolution: [300, 300] as const }, 30_892_416],
  [0, { inChans: 2 }, 30_891_264],
  [1, { numClasses: 1000 }, 53_366_696], // published: 53.4 M
  [2, { numClasses: 1000 }, 75_923_816], // published: 75.9 M
] as const)('FasterViT-%i with %j has %i parameters', (variant, options, count) => {
  const model = new FasterViT(fasterVit(variant, options), zeroInit);
  expect(countParameters(model)).toBe(count);
  disposeModule(model);
});

test('every published size can be configured', () => {
  expect(Object.keys(fasterVitVariants)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  expect(fasterVit(4, { inChans: 2 })).toMatchObject({
    dim: 196,
    inChans: 2,
    layerScale: 1e-5,
    doPropagation: true,
    resolution: [224, 224],
  });
});

test('the official first values: linear weights of std 0.02, biases 0, convolutions within 1 / sqrt(fan-in)', () => {
  const model = new FasterViT({ ...tiny, dim: 16, numHeads: [1, 1, 2, 2] }, fasterVitInit(new Random(1)));
  for (const [name, variable] of parameters(model)) {
    const values = variable.dataSync() as Float32Array;
    const largest = Math.max(...values.map(Math.abs));
    if (/(qkv|proj|fc\d|cpb_mlp\.\d)\.weight/.test(name)) {
      const std = Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
      expect(std, name).toBeGreaterThan(0.013);
      expect(std, name).toBeLessThan(0.03);
    } else if (/(qkv|proj|fc\d|cpb_mlp\.\d)\.bias/.test(name)) expect(largest, name).toBe(0);
    else if (variable.rank === 4) {
      const bound = 1 / Math.sqrt(variable.size / variable.shape[3]!);
      expect(largest, name).toBeLessThanOrEqual(bound * (1 + 1e-6));
      expect(largest, name).toBeGreaterThan(bound / 2);
    }
  }
  disposeModule(model);
});

/** A checkpoint of a small model, as PyTorch would have saved it. */
const saved = (config = tiny, seed = 5): Map<string, HostTensor> => {
  const model = new FasterViT(config, seeded(seed));
  const state = stateDict(model);
  disposeModule(model);
  return state;
};

test('loads an official checkpoint of another resolution into a stem of other channels', () => {
  const dict = saved({ ...tiny, resolution: [96, 96], numClasses: 10 });
  const asPublished = new Map<string, HostTensor>([...dict].map(([name, tensor]) => [`module.${name}`, tensor]));
  for (const [name, shape] of Object.entries(official)) {
    if (derived.test(name) && !name.includes('to_global')) asPublished.set(`module.${name}`, { shape, data: new Float32Array(1) });
  }
  const model = new FasterViT({ ...tiny, inChans: 4 }, seeded(6));
  loadFasterViT(model, asPublished, { replicate: 1 });
  const stem = 'patch_embed.conv_down.0.weight';
  for (const [name, tensor] of stateDict(model)) {
    expect(tensor, name).toEqual(name === stem ? adaptStem(dict.get(name)!, { inChannels: 4, replicate: 1 }) : dict.get(name));
  }
  disposeModule(model);
});

test('accepts the tokenizer under its second name alone, and drops a head it has no use for', () => {
  const dict = saved({ ...tiny, numClasses: 4 });
  const twins = new Map(
    [...dict].map(([name, tensor]) => [name.replace('global_tokenizer.pos_embed', 'global_tokenizer.to_global_feature.pos'), tensor]),
  );
  const model = new FasterViT(tiny, seeded(6));
  loadFasterViT(model, twins);
  const name = 'levels.2.global_tokenizer.pos_embed.weight';
  expect(stateDict(model).get(name)).toEqual(dict.get(name));
  const headed = new FasterViT({ ...tiny, numClasses: 4 }, seeded(6));
  loadFasterViT(headed, twins);
  expect(stateDict(headed).get('head.weight')).toEqual(dict.get('head.weight'));
  for (const each of [model, headed]) disposeModule(each);
});

test('refuses a checkpoint of another size, naming both, and leaves the model as it was', () => {
  const model = new FasterViT(tiny, seeded(6));
  const before = stateDict(model);
  const refuse = (dict: Map<string, HostTensor>, message: string): void => expect(() => loadFasterViT(model, dict)).toThrow(message);
  refuse(
    saved({ ...tiny, dim: 8, depths: [1, 2, 2, 1] }),
    'loadFasterViT: the checkpoint is a FasterViT of dim 8, inDim 3, depths 1,2,2,1; the model is one of dim 4, inDim 3, depths 1,1,2,1',
  );
  refuse(
    new Map([['encoder.weight', { shape: [1], data: new Float32Array(1) }]]),
    'holds no patch_embed.conv_down.0.weight; its names begin encoder.weight',
  );
  const broken = saved();
  broken.delete('levels.2.blocks.0.attn.qkv.bias');
  refuse(broken, 'missing keys: levels.2.blocks.0.attn.qkv.bias');
  refuse(saved({ ...tiny, inChans: 4 }), 'adaptStem: kernel must have shape [*,3,*,*], got [3,4,3,3]');
  expect(stateDict(model)).toEqual(before);
  disposeModule(model);
});

test('names the channels it wants', () => {
  const model = new FasterViT(tiny, { linear: truncatedNormalInit(new Random(1), { std: 0.02 }), conv: seeded(1).conv });
  const x = tf.zeros<tf.Rank.R4>([1, 8, 8, 4]);
  expect(() => model.call(x, 'eval')).toThrow('FasterViT: x must have shape [*,*,*,3], got [1,8,8,4]');
  x.dispose();
  disposeModule(model);
});

test('recomputed blocks give the loss and the gradients of kept ones', () => {
  const before = tf.memory().numTensors;
  const step = (recompute: boolean): Record<string, tf.Tensor> => {
    const model = new FasterViT({ ...tiny, recompute, dropPathRate: 0.3, numClasses: 3 }, seeded(1));
    const pass = new TrainPass(4);
    const x = normal<tf.Rank.R4>([2, 70, 90, 3], 2);
    const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(model.call(x, pass).logits!)));
    pass.dispose();
    x.dispose();
    const gradients = [...parameters(model)].flatMap(([name, variable]): [string, tf.Tensor][] =>
      grads[variable.name] ? [[name, grads[variable.name]]] : [],
    );
    disposeModule(model);
    return { value, ...Object.fromEntries(gradients) };
  };
  const [kept, again] = [step(false), step(true)];
  for (const [name, tensor] of Object.entries(kept)) expect(apart(again[name], tensor), name).toBeLessThan(1e-3);
  tf.dispose([kept, again]);
  expect(tf.memory().numTensors).toBe(before);
});
