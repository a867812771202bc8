import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as nn from '@rs/nn';
import { expect, test } from 'vitest';
import * as dchf from '../src/index.js';

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const printed: string[] = [];
  const code = block.replace(/^import .*$/gm, '').replace(/<tf\.Rank\.\w+>/g, '');
  new Function('tf', 'dchf', 'nn', 'console', `const { Dchf } = dchf; const { countParameters, Random, torchInit } = nn; ${code}`)(
    tf,
    dchf,
    nn,
    {
      log: (line: unknown) => printed.push(String(line)),
    },
  );
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
});
