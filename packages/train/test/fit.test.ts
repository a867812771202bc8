import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { disposeModule, stateDict } from '@rs/nn';
import { readSafetensors } from '@rs/weights';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NonFiniteLossError, sgd, type FitConfig } from '../src/index.js';
import { Toy, toyBatch, toyData, toyLoss, trainToy, type ToyBatch } from './toy.js';

let folder: string;
let tensors: number;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fit-'));
  tensors = tf.memory().numTensors;
});
afterEach(async () => {
  expect(tf.memory().numTensors).toBe(tensors); // in every test, those that throw included
  await rm(folder, { recursive: true });
});

/** Scores by the step, so that the best lies in the middle. */
const evaluate = { every: 2, run: (step: number) => ({ score: 10 - Math.abs(step - 4), metrics: { half: step / 2, absent: NaN } }) };
const saving = (every: number): Partial<FitConfig<ToyBatch>> => ({ evaluate, checkpoint: { folder, every }, clipNorm: 1 });

test('learns', async () => {
  const { result } = await trainToy({ steps: 150 });
  const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
  expect(mean(result.history.loss.slice(-20))).toBeLessThan(mean(result.history.loss.slice(0, 20)) / 2);
  expect(Object.keys(result.history).sort()).toEqual(['bias', 'learningRate', 'loss']);
  expect(result).toMatchObject({ step: 150, interrupted: false, evaluations: [], best: undefined });
});

test('the same seed gives the same run, another seed another', async () => {
  const first = await trainToy();
  expect(await trainToy()).toEqual(first);
  expect((await trainToy({ seed: 6 })).weights).not.toEqual(first.weights);
});

test.each([1, 2, 3, 4, 5])('stopped after %i steps and resumed, it gives bit for bit what it gives in one go', async (stop) => {
  const whole = await trainToy({ evaluate, clipNorm: 1, accumulate: 2 });
  await trainToy({ ...saving(100), accumulate: 2, evaluate: stop % 2 ? undefined : evaluate, steps: stop });
  const resumed = await trainToy({ ...saving(100), accumulate: 2 });
  expect(resumed.weights).toEqual(whole.weights);
  expect(resumed.result.history).toEqual(whole.result.history);
  if (stop % 2 === 0) expect(resumed.result).toEqual(whole.result);
});

test('SIGINT ends the step at hand, writes a checkpoint and returns; the next run goes on', async () => {
  const whole = await trainToy({ ...saving(100), checkpoint: undefined });
  const listeners = process.listenerCount('SIGINT');
  const data = (position: number): ToyBatch => {
    if (position === 3) setImmediate(() => process.emit('SIGINT'));
    return toyData()(position);
  };
  const stopped = await trainToy({ ...saving(100), data });
  expect(stopped.result.interrupted).toBe(true);
  expect(stopped.result.step).toBeLessThan(6);
  expect(process.listenerCount('SIGINT')).toBe(listeners);
  expect((await readdir(folder)).filter((name) => name.startsWith('checkpoint'))).toHaveLength(2);
  const resumed = await trainToy(saving(100));
  expect(resumed).toEqual(whole);
});

test('a signal comes in although nothing but promises is awaited', async () => {
  const data = (position: number): ToyBatch => {
    if (position === 2) setImmediate(() => process.emit('SIGINT'));
    return toyData()(position);
  };
  expect((await trainToy({ data, steps: 50 })).result).toMatchObject({ interrupted: true, step: expect.toSatisfy((step) => step < 10) });
});

test('running statistics follow, and every pass draws anew', async () => {
  const losses: number[] = [];
  const toy = (model: Toy): Partial<FitConfig<ToyBatch>> => ({
    loss: (batch, pass) => {
      const result = toyLoss(model)(batch, pass);
      losses.push(result.total.dataSync()[0]);
      return result;
    },
  });
  const still = { toy, data: () => toyBatch([0, 1, 2, 3]), schedule: () => 0 }; // what differs then comes from the draws
  const { weights, result } = await trainToy({ ...still, accumulate: 2 });
  expect(new Set(losses).size).toBeGreaterThan(losses.length / 2); // four samples are dropped in 16 ways
  expect(result.history.loss[0]).toBeCloseTo((losses[0] + losses[1]) / 2, 6);
  const start = new Toy(3);
  const fresh = stateDict(start);
  disposeModule(start);
  expect(weights.get('conv.weight')).toEqual(fresh.get('conv.weight'));
  expect(weights.get('norm.running_mean')).not.toEqual(fresh.get('norm.running_mean'));
});

test('a second SIGINT finds no listener left, and so kills', async () => {
  const listeners = process.listenerCount('SIGINT');
  let during = -1;
  const toy = (model: Toy): Partial<FitConfig<ToyBatch>> => ({
    loss: (batch, pass) => {
      if (during < 0) process.emit('SIGINT');
      during = process.listenerCount('SIGINT');
      return toyLoss(model)(batch, pass);
    },
  });
  expect((await trainToy({ toy })).result).toMatchObject({ step: 1, interrupted: true });
  expect(during).toBe(listeners);
});

test('a finished run returns at once what it returned', async () => {
  const first = await trainToy(saving(4));
  const data = (): ToyBatch => {
    throw new Error('no batch is needed');
  };
  expect(await trainToy({ ...saving(4), data })).toEqual(first);
});

test('keeps the last two checkpoints and the best weights, which any loader reads', async () => {
  const seen: ReturnType<typeof stateDict>[] = [];
  const toy = (model: Toy): Partial<FitConfig<ToyBatch>> => ({
    evaluate: { every: 2, run: (step) => (seen.push(stateDict(model)), evaluate.run(step)) },
  });
  const { result } = await trainToy({ ...saving(1), toy });
  const files = [
    'best.safetensors',
    ...[5, 6].flatMap((step) => [`checkpoint-00000000${step}.json`, `checkpoint-00000000${step}.safetensors`]),
  ];
  expect((await readdir(folder)).sort()).toEqual(files);
  expect(result.evaluations.map(({ step, score }) => [step, score])).toEqual([
    [2, 8],
    [4, 10],
    [6, 8],
  ]);
  expect(result.best).toMatchObject({ step: 4, score: 10, metrics: { half: 2, absent: NaN } });
  expect(result.best?.weights).toEqual(seen[1]);
  for (const [name, { data }] of await readSafetensors(path.join(folder, 'best.safetensors')))
    expect(data).toEqual(seen[1].get(name)?.data);
});

test('goes back to the checkpoint before a damaged one, and still ends at the same weights', async () => {
  const whole = await trainToy(saving(1));
  await truncate(path.join(folder, 'checkpoint-000000006.safetensors'), 500);
  expect((await trainToy(saving(1))).weights).toEqual(whole.weights);
  for (const name of await readdir(folder)) if (name.endsWith('.safetensors')) await truncate(path.join(folder, name), 100);
  await expect(trainToy(saving(1))).rejects.toThrow(/no checkpoint in .* can be read .*damaged.*delete the folder to start afresh/);
});

test('when the best weights are gone, the best of what follows is kept', async () => {
  await trainToy({ ...saving(1), steps: 4 });
  await rm(path.join(folder, 'best.safetensors'));
  expect((await trainToy(saving(1))).result.best).toMatchObject({ step: 6 });
});

test.each<[string, Partial<FitConfig<ToyBatch>>, RegExp]>([
  ['seed', { seed: 9 }, /checkpoint-000000006.safetensors belongs to another run: fit.seed was 5, is 9. Choose another folder/],
  ['optimiser', { rule: sgd() }, /optimizer was "?adamW betas 0.9, 0.999 .*is "?sgd/],
  ['trained part', { trainable: (name) => name.startsWith('head') }, /conv.weight was \[3,3,2,3\] trained, is \[3,3,2,3\]; conv.bias was/],
  [
    'own config',
    { checkpoint: { folder: '', every: 1, config: { data: { tiles: [2, 3] }, a: 1, b: 2, c: 3 } } },
    /config was null, is absent; config.data.tiles.0 was absent, is 2; .* and 1 more/,
  ],
])('refuses the checkpoint of another %s', async (_, change, message) => {
  await trainToy(saving(100));
  const checkpoint = { every: 1, ...change.checkpoint, folder };
  await expect(trainToy({ ...saving(100), ...change, checkpoint })).rejects.toThrow(message);
});

test('a loss that is not finite names the samples, before the parameters are touched by it', async () => {
  const after2 = await trainToy({ steps: 2 });
  const bad = (position: number): ToyBatch => {
    const { ids, x, y } = toyData()(position);
    const poisoned = tf.tidy(() => (position === 2 ? tf.div<tf.Tensor1D>(y, 0) : tf.clone(y)));
    y.dispose();
    return { ids, x, y: poisoned };
  };
  let weights: ReturnType<typeof stateDict> | undefined;
  const toy = (trained: Toy): Partial<FitConfig<ToyBatch>> => ({
    loss: (batch, pass) => {
      weights = stateDict(trained);
      return toyLoss(trained)(batch, pass);
    },
  });
  const failed = trainToy({ data: bad, toy });
  await expect(failed).rejects.toThrow(NonFiniteLossError);
  await expect(failed).rejects.toThrow(
    /the loss is Infinity \(bias -?(Infinity|NaN), loss Infinity\) at step 3, batch sample-\d+, sample-\d+, .*those of step 2/,
  );
  expect(weights).toEqual(after2.weights);
});

test('a gradient that is not finite is named too where it is clipped', async () => {
  const toy = (model: Toy): Partial<FitConfig<ToyBatch>> => ({
    loss: ({ x }, pass) => ({ total: tf.mean(tf.sqrt(tf.abs(tf.mul(model.call(x, pass), 0)))) }), // sqrt has no slope at 0
  });
  await expect(trainToy({ toy, clipNorm: 1 })).rejects.toThrow(/the gradient norm is NaN at step 1/);
  await expect(trainToy({ toy, ...saving(1), clipNorm: undefined, evaluate: undefined, steps: 1 })).rejects.toThrow(
    /is no longer finite at step 1/,
  );
  expect(await readdir(folder)).toEqual([]);
});

test('micro-batches of an update count as one batch', async () => {
  const linear = (model: Toy): Partial<FitConfig<ToyBatch>> => ({
    loss: ({ x, y }) => ({ total: tf.mean(tf.square(tf.sub(tf.squeeze(model.head.call(tf.mean(model.conv.call(x), [1, 2])), [1]), y))) }),
  });
  const once = await trainToy({ toy: linear, data: (position) => toyBatch([0, 1, 2, 3].map((i) => (4 * position + i) % 16)), rule: sgd() });
  const twice = await trainToy({
    toy: linear,
    data: (position) => toyBatch([0, 1].map((i) => (2 * position + i) % 16)),
    rule: sgd(),
    accumulate: 2,
  });
  for (const [name, { data }] of once.weights) data.forEach((value, i) => expect(twice.weights.get(name)?.data[i]).toBeCloseTo(value, 5));
  twice.result.history.loss.forEach((loss, i) => expect(loss).toBeCloseTo(once.result.history.loss[i], 5));
});

test('trains only what it is told to', async () => {
  const start = await trainToy({ steps: 1, schedule: () => 0 });
  const { weights } = await trainToy({ trainable: (name) => name.startsWith('head') });
  expect(weights.get('conv.weight')).toEqual(start.weights.get('conv.weight'));
  expect(weights.get('head.weight')).not.toEqual(start.weights.get('head.weight'));
});

test('holds as many tensors after each step as after the second', async () => {
  const counts: number[] = [];
  await trainToy({ evaluate: { every: 1, run: () => ({ score: counts.push(tf.memory().numTensors) }) }, accumulate: 2, clipNorm: 1 });
  expect(new Set(counts.slice(1, -1)).size).toBe(1); // the last step has no batch loaded ahead
});

test('what the data or the loss throws comes through, once', async () => {
  const data = async (position: number): Promise<ToyBatch> => {
    if (position === 2) throw new Error('tile 7 cannot be read');
    return toyData()(position);
  };
  await expect(trainToy({ data })).rejects.toThrow('tile 7 cannot be read');
  const toy = (): Partial<FitConfig<ToyBatch>> => ({
    loss: () => {
      throw new Error('shapes differ');
    },
  });
  await expect(trainToy({ toy })).rejects.toThrow('shapes differ');
});

test('names what does not fit', async () => {
  await expect(trainToy({ steps: 0 })).rejects.toThrow('fit: steps must be a positive whole number, got 0');
  await expect(trainToy({ accumulate: 1.5 })).rejects.toThrow('fit: accumulate must be a positive whole number, got 1.5');
  await expect(trainToy({ trainable: () => false })).rejects.toThrow('fit: the model has no parameter to train');
  await expect(trainToy({ checkpoint: { folder, every: 0 } })).rejects.toThrow(
    'fit: checkpoint.every must be a positive whole number, got 0',
  );
});

test('a file that was not completed is passed over', async () => {
  const whole = await trainToy();
  await writeFile(path.join(folder, 'checkpoint-000000009.safetensors'), await readFile(new URL(import.meta.url)));
  expect((await trainToy({ checkpoint: { folder, every: 3 } })).weights).toEqual(whole.weights);
  expect(await readdir(folder)).not.toContain('checkpoint-000000009.safetensors');
});
