import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Dchf } from '@rs/dchf';
import { BatchNorm2d, Conv2d, disposeModule, gelu, LayerNorm, Random, torchInit } from '@rs/nn';
import { writeSafetensors } from '@rs/weights';
import { describe, expect, test } from 'vitest';
import { EDC } from '../../../examples/edc/src/model.js';
import { ExportError, exportSavedModel, type InputSpecs } from '../src/index.js';
import { expectSame, inFolder, type Fn, type Tensors } from './on-onnxruntime.js';
import { tiny } from './tiny.js';

interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly { getSize(): number }[];
}

interface NodeTensorflow {
  loadSavedModel(folder: string): Promise<{ predict(inputs: Tensors): Tensors; dispose(): void }>;
  getMetaGraphsFromSavedModel(
    folder: string,
  ): Promise<{ tags: string[]; signatureDefs: Record<string, Record<'inputs' | 'outputs', Record<string, TensorInfo>>> }[]>;
}

/** TensorFlow's own loader, of the package that the engine runs on. */
const { node } = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu') as { node: NodeTensorflow };

const random = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed);
const evaluated = (fn: Fn, inputs: Tensors): Tensors => tf.tidy(() => fn(inputs) as unknown as tf.TensorContainer) as unknown as Tensors;

/** Exports `fn`, runs the model on each of the inputs, and expects what `fn` gives. */
async function expectSameInTensorflow(fn: Fn, given: readonly Tensors[], specs: InputSpecs): Promise<void> {
  const before = tf.memory().numTensors;
  await inFolder(async (folder) => {
    const saved = path.join(folder, 'model');
    await exportSavedModel(saved, fn, specs);
    const model = await node.loadSavedModel(saved);
    for (const inputs of given) {
      const [actual, expected] = [model.predict(inputs), evaluated(fn, inputs)];
      expectSame(actual, expected);
      tf.dispose([actual, expected]);
    }
    model.dispose();
  });
  expect(tf.memory().numTensors).toBe(before);
}

test('the signature has the names, types and shapes of the function', async () => {
  await inFolder(async (folder) => {
    const saved = path.join(folder, 'model');
    const fn: Fn = ({ image, mask }) => ({ sum: tf.sum(tf.mul(image, tf.cast(mask, 'float32')), -1), kept: tf.logicalNot(mask) });
    await exportSavedModel(saved, fn, { image: [null, 4, 3], mask: { shape: [null, 4, 3], dtype: 'bool' } });
    expect((await readdir(saved)).sort()).toEqual(['saved_model.pb', 'variables']);
    const [{ tags, signatureDefs }] = await node.getMetaGraphsFromSavedModel(saved);
    expect(tags).toEqual(['serve']);
    const described = (tensors: Record<string, TensorInfo>): Record<string, unknown> =>
      Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, [dtype, shape.map((size) => size.getSize())]]));
    const { inputs, outputs } = signatureDefs.serving_default;
    expect(described(inputs)).toEqual({ image: ['float32', [-1, 4, 3]], mask: ['bool', [-1, 4, 3]] });
    expect(described(outputs)).toEqual({ sum: ['float32', [-1, 4]], kept: ['bool', [-1, 4, 3]] });
  });
});

describe('batches of 1 and 3 from one model', () => {
  test('sizes and constants that follow the batch', () =>
    expectSameInTensorflow(
      ({ x }) => {
        const [batch] = x.shape;
        const ramp = tf.tile(tf.tensor2d([[1, 2, 3]]), [batch, 1]);
        return { y: tf.concat([tf.reshape(tf.add(x, ramp), [batch * 3, 1]), tf.ones([2 * batch, 1])]) };
      },
      [{ x: random([1, 3], 1) }, { x: random([3, 3], 2) }],
      { x: [null, 3] },
    ));

  test.each([{ size: [64, 64] }, { size: [70, 90] }])('EDC on $size', async ({ size }) => {
    const model = new EDC({ numClasses: 5, decoderChannels: [16, 8, 8, 8], crHidden: 8, encoder: tiny }, new Random(1));
    const fn: Fn = ({ optical, sar }) => {
      const { logits, reconstruction } = model.call({ optical: optical as tf.Tensor4D, sar: sar as tf.Tensor4D }, 'eval');
      return { logits, reconstruction: reconstruction as tf.Tensor };
    };
    const given = [1, 3].map((batch) => ({ optical: random([batch, ...size, 4], batch), sar: random([batch, ...size, 2], batch + 9) }));
    await expectSameInTensorflow(fn, given, { optical: [null, ...size, 4], sar: [null, ...size, 2] });
    tf.dispose(given);
    disposeModule(model);
  });
});

test('DCHF with a batch that is fixed', async () => {
  const model = new Dchf({ channels: 8 }, torchInit(new Random(1)));
  const fn: Fn = (inputs) => ({ fused: model.call(inputs as { opt: tf.Tensor4D; sar: tf.Tensor4D; cm: tf.Tensor4D }, 'eval').cm });
  const given = { opt: random([2, 6, 5, 8], 1), sar: random([2, 6, 5, 8], 2), cm: random([2, 6, 5, 8], 3) };
  await expectSameInTensorflow(fn, [given], given);
  tf.dispose(given);
  disposeModule(model);
});

describe('refused', () => {
  const refused = (fn: Fn, inputs: InputSpecs, message: string | RegExp): Promise<void> =>
    inFolder(async (folder) => {
      const exported = exportSavedModel(path.join(folder, 'model'), fn, inputs);
      await expect(exported).rejects.toThrow(ExportError);
      await expect(exported).rejects.toThrow(message);
      expect(await readdir(folder)).toEqual([]);
    });

  test('an op that fixes the batch is named', () =>
    refused(({ x }) => ({ y: tf.mul(x, x.shape[0]) }), { x: [null, 3] }, /Mul \(\w+\) fixes the size of the batch; write that size/));

  test('a folder that is there is kept', () =>
    inFolder(async (folder) => {
      await mkdir(path.join(folder, 'model'));
      const exported = exportSavedModel(path.join(folder, 'model'), ({ x }) => ({ y: tf.abs(x) }), { x: [2] });
      await expect(exported).rejects.toThrow('exists already');
    }));
});

const python = process.env.RS_PYTHON ?? 'python3';
const installed = spawnSync(python, ['-c', 'import importlib.util as i; exit(i.find_spec("tensorflow") is None)']).status === 0;

test.runIf(installed)("Python's TensorFlow loads it and computes the same", () =>
  inFolder(async (folder) => {
    const conv = new Conv2d({ inChannels: 3, outChannels: 4, kernelSize: 3, padding: 1 }, torchInit(new Random(1)));
    const [batchNorm, layerNorm] = [new BatchNorm2d({ channels: 4 }), new LayerNorm({ features: 4 })];
    const fn: Fn = ({ image }) => ({ y: layerNorm.call(gelu(batchNorm.call(conv.call(image as tf.Tensor4D), 'eval'))) });
    const inputs = { image: random([3, 8, 6, 3], 1) };
    const expected = evaluated(fn, inputs);
    await exportSavedModel(path.join(folder, 'model'), fn, { image: [null, 8, 6, 3] });
    const host = ({ shape, dataSync }: tf.Tensor, tensor: tf.Tensor) => ({ shape, data: dataSync.call(tensor) as Float32Array });
    const tensors = { image: inputs.image, y: expected.y };
    await writeSafetensors(
      path.join(folder, 'case.safetensors'),
      new Map(Object.entries(tensors).map(([name, tensor]) => [name, host(tensor, tensor)])),
    );
    await writeFile(
      path.join(folder, 'check.py'),
      [
        'import json, struct, sys, numpy as np, tensorflow as tf',
        "raw = open('case.safetensors', 'rb').read()",
        "end = 8 + struct.unpack('<Q', raw[:8])[0]",
        'header = json.loads(raw[8:end])',
        "read = lambda name: np.frombuffer(raw[end + header[name]['data_offsets'][0]:end + header[name]['data_offsets'][1]], '<f4').reshape(header[name]['shape'])",
        "predict = tf.saved_model.load('model').signatures['serving_default']",
        "print(np.abs(predict(image=tf.constant(read('image')))['y'].numpy() - read('y')).max())",
      ].join('\n'),
    );
    const printed = execFileSync(python, ['check.py'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(Number(printed)).toBeLessThan(1e-4);
    tf.dispose([inputs, expected]);
    for (const module of [conv, batchNorm, layerNorm]) disposeModule(module);
  }),
);
