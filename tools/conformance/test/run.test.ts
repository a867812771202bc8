import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hostCase } from '../src/adapter.js';
import { run } from '../src/run.js';

const kept: tf.Tensor[] = [];
const adapters = {
  'arithmetic/double': hostCase(({ config }) => ({ value: 2 * config.of })),
  'arithmetic/refuse': hostCase(({ config }) => {
    throw new RangeError(`of must be positive, got ${config.of}`, { cause: new Error('the sign') });
  }),
  'arithmetic/leak': hostCase(() => {
    kept.push(tf.scalar(1));
    return { value: 1 };
  }),
};

let folder: string;
const addCase = async (name: string, theCase: object): Promise<void> => {
  await mkdir(path.join(folder, name), { recursive: true });
  await writeFile(path.join(folder, name, 'case.json'), JSON.stringify({ op: name.split('--')[0], ...theCase }));
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rs-conformance-'));
  await addCase('arithmetic/double--right', { config: { of: 2 }, outputs: { value: 4 } });
  await addCase('arithmetic/double--wrong', { config: { of: 2 }, outputs: { value: 5 } });
  await addCase('arithmetic/refuse--named', { config: { of: -1 }, error: { kind: 'value', mustMention: ['POSITIVE', '-1', 'sign'] } });
  await addCase('arithmetic/refuse--unnamed', { config: { of: -1 }, error: { kind: 'value', mustMention: ['scene'] } });
  await addCase('arithmetic/double--accepted', { config: { of: 2 }, error: { kind: 'value' } });
  await addCase('arithmetic/leak--one', { outputs: { value: 1 } });
  await addCase('arithmetic/unknown--one', {});
});
afterAll(async () => {
  tf.dispose(kept);
  await rm(folder, { recursive: true });
});

test('counts and explains, op by op, and goes on after a failure', async () => {
  const results = await run({ folder, adapters });
  expect(results.map(({ op, passed }) => [op, passed])).toEqual([
    ['arithmetic/double', 1],
    ['arithmetic/leak', 0],
    ['arithmetic/refuse', 1],
    ['arithmetic/unknown', 0],
  ]);
  expect(results.flatMap(({ failures }) => failures.map(({ name, reason }) => `${name}: ${reason}`))).toEqual([
    'arithmetic/double--accepted: an error was expected, none came',
    expect.stringMatching(/^arithmetic\/double--wrong: value: off by 1.00e\+0, allowed 5.\d+e-4$/),
    'arithmetic/leak--one: 1 tensors left behind',
    expect.stringMatching(/^arithmetic\/refuse--unnamed: the error does not mention \/scene\/: of must be positive/),
    'arithmetic/unknown--one: no adapter for the op arithmetic/unknown',
  ]);
});

test('a filter chooses by part of the name', async () => {
  const results = await run({ folder, filter: 'refuse--named', adapters });
  expect(results).toMatchObject([{ op: 'arithmetic/refuse', passed: 1, failures: [] }]);
});
