import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as nn from '@rs/nn';
import { expect, test } from 'vitest';
import * as baselines from '../src/index.js';

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const printed: string[] = [];
  const code = block.replace(/^import .*$/gm, '').replace(/<tf\.Rank\.\w+>| as const/g, '');
  const names = 'const { CMX, mixTransformerInit } = baselines; const { countParameters, Random } = nn;';
  new Function('tf', 'baselines', 'nn', 'console', `${names} ${code}`)(tf, baselines, nn, {
    log: (line: unknown) => printed.push(String(line)),
  });
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
});
