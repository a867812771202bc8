import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { capture } from '@rs/engine';
import { BatchNorm2d, Conv2d, disposeModule, dropPath, gelu, parameters, Random, recomputed, torchInit, TrainPass } from '../src/index.js';

/** Convolution, statistics, randomness, two outputs. */
class Block {
  readonly conv = new Conv2d({ inChannels: 8, outChannels: 8, kernelSize: 3, padding: 1 }, torchInit(new Random(1)));
  readonly norm = new BatchNorm2d({ channels: 8 });

  call([x, y]: readonly tf.Tensor4D[], mode: TrainPass): tf.Tensor4D[] {
    const branch = gelu(this.norm.call(this.conv.call(tf.add(x, y)), mode));
    return [tf.add(x, dropPath(branch, { rate: 0.5, mode })), tf.mul(y, branch)];
  }
}

interface Result {
  readonly loss: tf.Tensor;
  readonly grads: Record<string, tf.Tensor>;
  readonly statistics: tf.Tensor[];
}

function pass(blocks: readonly Block[], x: tf.Tensor4D, seed: tf.Tensor1D, again: boolean): Result {
  const mode = new TrainPass(seed);
  const forward = (image: tf.Tensor4D): tf.Scalar => {
    let features = [image, tf.mul(image, 0.5)];
    for (const block of blocks) {
      const fn = (inputs: readonly tf.Tensor[], m: TrainPass): tf.Tensor4D[] => block.call(inputs as tf.Tensor4D[], m);
      features = again ? (recomputed({ inputs: features, module: block, mode, fn }) as tf.Tensor4D[]) : fn(features, mode);
    }
    const [block] = blocks;
    const one = (inputs: readonly tf.Tensor[], m: TrainPass): tf.Tensor4D[] => block.call(inputs as tf.Tensor4D[], m).slice(0, 1);
    const [last] = again ? recomputed({ inputs: features, module: block, mode, fn: one }) : one(features, mode);
    return tf.sum(tf.mul(last, features[1]));
  };
  const { value, grads } = tf.variableGrads(() => forward(x));
  return { loss: value, grads, statistics: [...mode.statistics.values()] };
}

const withBlocks = (count: number, use: (blocks: Block[]) => void): void => {
  const before = tf.memory().numTensors;
  const blocks = Array.from({ length: count }, () => new Block());
  use(blocks);
  blocks.forEach(disposeModule);
  expect(tf.memory().numTensors).toBe(before);
};

const equal = (got: tf.Tensor, want: tf.Tensor): void => {
  const [a, b] = [got.dataSync(), want.dataSync()];
  const scale = Math.max(1, ...b.map(Math.abs));
  b.forEach((value, i) => expect(Math.abs(a[i] - value) / scale).toBeLessThan(1e-5));
};

test('loss, gradients, draws and statistics are those of blocks that are kept', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.nat(1000), (count, seed) =>
      withBlocks(count, (blocks) =>
        tf.tidy(() => {
          const x = tf.randomNormal([2, 4, 4, 8], 0, 1, 'float32', seed + 1) as tf.Tensor4D;
          const word = tf.tensor1d([seed, 0], 'int32');
          const [kept, again] = [pass(blocks, x, word, false), pass(blocks, x, word, true)];
          equal(again.loss, kept.loss);
          expect(Object.keys(again.grads)).toHaveLength(blocks.reduce((sum, block) => sum + parameters(block).size, 0));
          for (const [name, gradient] of Object.entries(kept.grads)) equal(again.grads[name], gradient);
          kept.statistics.forEach((value, i) => equal(again.statistics[i], value));
          tf.dispose([kept.statistics, again.statistics]);
        }),
      ),
    ),
    { numRuns: 8, seed: 1 },
  );
});

test('a captured pass recomputes too, with the same result', () =>
  withBlocks(2, (blocks) => {
    const inputs = { x: tf.randomNormal([2, 4, 4, 8], 0, 1, 'float32', 5) as tf.Tensor4D, seed: tf.tensor1d([7, 0], 'int32') };
    const step = ({ x, seed }: typeof inputs, again: boolean): Record<string, tf.Tensor> => {
      const { loss, grads, statistics } = pass(blocks, x, seed, again);
      return { loss, ...grads, ...Object.fromEntries(statistics.map((value, i) => [`statistic ${i}`, value])) };
    };
    const captured = capture((given: typeof inputs) => step(given, true));
    const [got, want] = [captured(inputs), step(inputs, false)];
    for (const [name, tensor] of Object.entries(want)) equal(got[name], tensor);
    captured.dispose();
    tf.dispose([got, want, inputs]);
  }));

test('the memory of a deep stack is less than half', async () => {
  const peak = async (again: boolean): Promise<number> => {
    const blocks = Array.from({ length: 8 }, () => new Block());
    const x = tf.randomNormal([2, 32, 32, 8], 0, 1, 'float32', 5) as tf.Tensor4D;
    const seed = tf.tensor1d([7, 0], 'int32');
    const before = tf.memory().numBytes;
    const { peakBytes } = await tf.profile(() => {
      const { statistics, loss, grads } = pass(blocks, x, seed, again);
      tf.dispose([statistics, loss, grads]);
    });
    tf.dispose([x, seed]);
    blocks.forEach(disposeModule);
    return peakBytes - before;
  };
  expect(await peak(true)).toBeLessThan(0.5 * (await peak(false)));
});
