import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as nn from '@rs/nn';
import { expect, test } from 'vitest';
import * as encoders from '../src/index.js';

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const printed: string[] = [];
  const code = block.replace(/^import \* .*$/gm, '').replace(/^import ({.*}) from '(.*)';$/gm, "const $1 = packages['$2'];");
  const run = new Function('tf', 'packages', 'console', code.replace(/ as const/g, ''));
  run(tf, { '@rs/encoders-hat': encoders, '@rs/nn': nn }, { log: (...values: unknown[]) => printed.push(values.join(' ')) });
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
});
