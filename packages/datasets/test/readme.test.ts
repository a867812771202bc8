import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import * as datasets from '../src/index.js';

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (...code: string[]) => (...args: unknown[]) => Promise<void>;

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const block = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code).join('\n');
  const samples = fileURLToPath(new URL('../../../tools/conformance/samples/', import.meta.url));
  const code = block.replace(/^import .*$/gm, '').replaceAll('tools/conformance/samples/', samples);
  const printed: string[] = [];
  const log = (...words: string[]): number => printed.push(words.join(' '));
  await new AsyncFunction('tf', 'datasets', 'console', `const { ${Object.keys(datasets).join(', ')} } = datasets; ${code}`)(tf, datasets, {
    log,
  });
  const wanted = [...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].flatMap(([, lines]) => lines.split(' | '));
  expect(printed).toEqual(wanted);
  expect(printed.length).toBeGreaterThan(0);
});
