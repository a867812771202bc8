import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm2d, disposeModule, TrainPass } from '@rs/nn';
import { expect, test } from 'vitest';
import { ExportError, exportOnnx, type InputSpecs } from '../src/index.js';
import { inFolder, type Fn } from './on-onnxruntime.js';

/** Expects a refusal that leaves neither a file nor a tensor. */
async function refused(fn: Fn, inputs: InputSpecs, message: string | RegExp): Promise<void> {
  const before = tf.memory().numTensors;
  await inFolder(async (folder) => {
    const exported = exportOnnx(path.join(folder, 'model.onnx'), fn, inputs);
    await expect(exported).rejects.toThrow(ExportError);
    await expect(exported).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual([]);
  });
  expect(tf.memory().numTensors).toBe(before);
}

const same: Fn = ({ x }) => ({ y: tf.mul(x, 2) });

test('an op without a translation is named', () =>
  refused(({ x }) => ({ y: tf.atan2(x, x) }), { x: [4] }, /the op Atan2 \(\w+, to \[4\]\) has no translation to ONNX/));

test('an op that fixes the batch is named', async () => {
  await refused(({ x }) => ({ y: tf.mul(x, x.shape[0]) }), { x: [null, 3] }, /the op Mul .* fixes the size of the batch; write that size/);
  await refused(({ x }) => ({ y: tf.stack(tf.unstack(x)) }), { x: [null, 3] }, 'write the size of the batch in place of null');
  await refused(({ x }) => ({ y: x.shape[0] > 2 ? tf.neg(x) : tf.abs(x) }), { x: [null, 3] }, 'with another batch than 2');
});

test('the statistics of a batch are refused', async () => {
  const norm = new BatchNorm2d({ channels: 3 });
  const train: Fn = ({ x }) => {
    const pass = new TrainPass(1);
    const y = norm.call(x as tf.Tensor4D, pass);
    pass.dispose();
    return { y };
  };
  await refused(train, { x: [2, 4, 4, 3] }, "with mode 'eval'");
  disposeModule(norm);
});

test.each([
  [{}, 'inputs must name at least one input'],
  [{ x: [2, null] }, 'input x must have positive sizes, and null only as the first of them (any batch), got [2,null]'],
  [{ x: [0, 2] }, 'got [0,2]'],
  [{ x: { shape: [2], dtype: 'string' as const } }, 'input x must be of type float32, int32 or bool, got string'],
])('inputs %o are refused', (inputs, message) => refused(same, inputs as InputSpecs, message));

test('one name cannot be an input and an output', () =>
  refused(({ x }) => ({ x: tf.abs(x) }), { x: [2] }, 'x is the name of an input and of an output'));
