import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { torchInit, type Init } from '../src/init.js';
import { BatchNorm2d } from '../src/layers/batch-norm2d.js';
import { Conv2d } from '../src/layers/conv2d.js';
import { ConvTranspose2d } from '../src/layers/conv-transpose2d.js';
import { Linear } from '../src/layers/linear.js';
import { MultiHeadAttention } from '../src/layers/multi-head-attention.js';
import { buffers, countParameters, disposeModule, parameters } from '../src/module-tree.js';
import { Random } from '../src/random.js';
import { loadStateDict, stateDict, type HostTensor } from '../src/state-dict.js';

class Block {
  readonly inputConv: Conv2d;
  readonly norm = new BatchNorm2d({ channels: 4 });
  readonly cpbMlp: { 0: Linear; 2: Linear };
  readonly levels: { attn: MultiHeadAttention }[];
  readonly up: ConvTranspose2d;
  readonly upAgain: ConvTranspose2d;
  readonly parent: object;
  readonly CLIP_proj: Linear; // as it is: checkpoints have such names too
  readonly table = tf.tensor1d([1, 2]); // a constant, not a variable

  constructor(init: Init) {
    this.inputConv = new Conv2d({ inChannels: 2, outChannels: 4, kernelSize: [1, 3], bias: false }, init);
    this.cpbMlp = {
      0: new Linear({ inFeatures: 2, outFeatures: 3 }, init),
      2: new Linear({ inFeatures: 3, outFeatures: 1, bias: false }, init),
    };
    this.levels = [{ attn: new MultiHeadAttention({ embedDim: 4, numHeads: 2 }, init) }];
    this.up = new ConvTranspose2d({ inChannels: 4, outChannels: 5, kernelSize: 2, bias: false }, init);
    this.upAgain = this.up;
    this.CLIP_proj = new Linear({ inFeatures: 1, outFeatures: 1, bias: false }, init);
    this.parent = this;
  }
}

const shapes = {
  'input_conv.weight': [4, 2, 1, 3],
  'norm.weight': [4],
  'norm.bias': [4],
  'norm.running_mean': [4],
  'norm.running_var': [4],
  'cpb_mlp.0.weight': [3, 2],
  'cpb_mlp.0.bias': [3],
  'cpb_mlp.2.weight': [1, 3],
  'levels.0.attn.in_proj_weight': [12, 4],
  'levels.0.attn.in_proj_bias': [12],
  'levels.0.attn.out_proj.weight': [4, 4],
  'levels.0.attn.out_proj.bias': [4],
  'up.weight': [4, 5, 2, 2],
  'up_again.weight': [4, 5, 2, 2],
  'CLIP_proj.weight': [1, 1],
};

/** Runs with a block and frees it; the block's variables are the only tensors it keeps. */
function withBlock<T>(seed: number, run: (block: Block) => T): T {
  const before = tf.memory().numTensors;
  const block = new Block(torchInit(new Random(seed)));
  try {
    return run(block);
  } finally {
    disposeModule(block);
    disposeModule(block); // twice does no harm
    block.table.dispose();
    expect(tf.memory().numTensors).toBe(before);
  }
}

test('a state dict has the paths and layouts of PyTorch', () =>
  withBlock(0, (block) => {
    expect(Object.fromEntries([...stateDict(block)].map(([name, { shape }]) => [name, shape]))).toEqual(shapes);
    const weight = stateDict(block).get('input_conv.weight') as HostTensor;
    expect(weight.data[1 * 6 + 0 * 3 + 2]).toBe(block.inputConv.weight.arraySync()[0][2][0][1]); // (o,i,kh,kw) = (1,0,0,2)
  }));
test('parameters are the trainable variables, each once; buffers are the others', () =>
  withBlock(0, (block) => {
    const names = Object.keys(shapes).filter((name) => name !== 'up_again.weight');
    expect([...parameters(block).keys()]).toEqual(names.filter((name) => !name.includes('running')));
    expect([...buffers(block).keys()]).toEqual(['norm.running_mean', 'norm.running_var']);
    expect(countParameters(block)).toBe(24 + 8 + 6 + 3 + 3 + 48 + 12 + 16 + 4 + 80 + 1);
  }));
test('what is saved comes back, and one seed fixes a model', () =>
  fc.assert(
    fc.property(fc.integer(), (seed) =>
      withBlock(seed, (block) => {
        const saved = stateDict(block);
        withBlock(seed, (twin) => expect(stateDict(twin)).toEqual(saved));
        withBlock(seed + 1, (other) => {
          expect(stateDict(other)).not.toEqual(saved);
          const before = tf.memory().numTensors;
          expect(loadStateDict(other, saved)).toEqual({ missing: [], unexpected: [] });
          expect(stateDict(other)).toEqual(saved);
          expect(tf.memory().numTensors).toBe(before);
        });
      }),
    ),
    { numRuns: 5, seed: 1 },
  ));
test('loaded values are copies: the dict may change afterwards', () =>
  withBlock(0, (block) => {
    const dict = stateDict(block);
    loadStateDict(block, dict);
    dict.get('norm.weight')?.data.fill(9);
    expect(block.norm.weight.arraySync()).toEqual([1, 1, 1, 1]);
  }));
test('one error lists missing, unexpected and mis-shaped keys, and nothing is changed', () =>
  withBlock(0, (block) => {
    const before = stateDict(block);
    const dict = new Map<string, HostTensor>(withBlock(1, stateDict));
    dict.delete('norm.bias');
    dict.delete('up.weight');
    dict.set('stray.weight', { shape: [1], data: new Float32Array(1) });
    dict.set('input_conv.weight', { shape: [4, 2, 3, 1], data: new Float32Array(24) });
    dict.set('norm.weight', { shape: [4], data: new Float32Array(3) });
    expect(() => loadStateDict(block, dict)).toThrow(
      new Error(
        'loadStateDict: missing keys: norm.bias, up.weight; unexpected keys: stray.weight; mis-shaped keys: ' +
          'input_conv.weight (expected [4,2,1,3], got [4,2,3,1]), norm.weight (expected 4 values, got 3)',
      ),
    );
    expect(stateDict(block)).toEqual(before);
    expect(() => loadStateDict(block, dict, { strict: false })).toThrow(/^loadStateDict: mis-shaped keys: input_conv/);
    expect(stateDict(block)).toEqual(before);
  }));
test('not strict, it loads what fits and says what did not; num_batches_tracked is no key', () =>
  withBlock(0, (block) => {
    const dict = new Map<string, HostTensor>([
      ['norm.weight', { shape: [4], data: BigInt64Array.of(1n, 2n, 3n, 4n) }],
      ['norm.num_batches_tracked', { shape: [], data: new Float32Array(1) }],
      ['num_batches_tracked', { shape: [], data: new Float32Array(1) }],
      ['stray', { shape: [], data: new Float32Array(1) }],
    ]);
    const { missing, unexpected } = loadStateDict(block, dict, { strict: false });
    expect(unexpected).toEqual(['stray']);
    expect(missing).toEqual(Object.keys(shapes).filter((name) => name !== 'norm.weight'));
    expect(block.norm.weight.arraySync()).toEqual([1, 2, 3, 4]);
  }));
