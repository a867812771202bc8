import { readFile } from 'node:fs/promises';
import * as nn from '@rs/nn';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import * as fusion from '../src/index.js';

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const printed: string[] = [];
  const named = (from: string): string => new RegExp(`import (\\{.*\\}) from '${from}'`).exec(block)![1];
  const code = block.replace(/^import .*$/gm, '');
  new Function('tf', 'fusion', 'nn', 'console', `const ${named('@rs/ot-mmd-fusion')} = fusion; const ${named('@rs/nn')} = nn; ${code}`)(
    tf,
    fusion,
    nn,
    {
      log: (...parts: unknown[]) => printed.push(parts.join(' ')),
    },
  );
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed).toHaveLength(5);
});
