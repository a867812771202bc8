import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { exportOnnx, type ExportOnnxOptions } from '../src/export-onnx.js';
import type { InputSpecs } from '../src/input-spec.js';

export type Tensors = Readonly<Record<string, tf.Tensor>>;
export type Fn = (inputs: Tensors) => Tensors;

/** A folder for one piece of work. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rs-export-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What onnxruntime computes from a file. The caller frees it. */
export async function run(session: ort.InferenceSession, inputs: Tensors): Promise<Tensors> {
  const fed = Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [name, new ort.Tensor(tensor.dtype as 'float32', tensor.dataSync(), tensor.shape)]),
  );
  const results = await session.run(fed);
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims, type }]) => [
      name,
      tf.tensor(data as unknown as Float32Array, [...dims], type as tf.DataType),
    ]),
  );
}

const threads = { intraOpNumThreads: 1, interOpNumThreads: 1 } as const;

export const open = (file: string): Promise<ort.InferenceSession> => ort.InferenceSession.create(file, { ...threads, logSeverityLevel: 3 });

/** Largest difference, relative to the largest value. */
export function difference(actual: tf.Tensor, expected: tf.Tensor): number {
  const [a, b] = [actual.dataSync(), expected.dataSync()];
  let [largest, scale] = [0, 1e-3];
  for (let i = 0; i < b.length; i++) {
    if (!Object.is(a[i], b[i])) largest = Math.max(largest, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return largest / scale;
}

/** Expects the same names, shapes, types and values to 1e-4. */
export function expectSame(actual: Tensors, expected: Tensors): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) {
    expect(actual[name].shape, name).toEqual(tensor.shape);
    expect(actual[name].dtype, name).toBe(tensor.dtype);
    expect(difference(actual[name], tensor), name).toBeLessThan(1e-4);
  }
}

/** Exports `fn`, runs the file on each of the inputs, and expects what `fn` gives. Returns how many nodes of each op there are. */
export async function expectSameOnOnnxruntime(
  fn: Fn,
  given: readonly Tensors[],
  specs: InputSpecs = given[0],
  options?: ExportOnnxOptions,
): Promise<Readonly<Record<string, number>>> {
  return inFolder(async (folder) => {
    const file = path.join(folder, 'model.onnx');
    const { nodes } = await exportOnnx(file, fn, specs, options);
    const session = await open(file);
    try {
      for (const inputs of given) {
        const actual = await run(session, inputs);
        const expected = tf.tidy(() => fn(inputs) as unknown as tf.TensorContainer) as unknown as Tensors;
        expectSame(actual, expected);
        tf.dispose([actual, expected]);
      }
    } finally {
      await session.release();
    }
    return nodes;
  });
}
