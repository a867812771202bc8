import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as nn from '@rs/nn';
import { expect, test } from 'vitest';
import * as ovseg from '../src/index.js';

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const printed: string[] = [];
  const untyped = block.replace(/, type \w+|: MmOvSegConfig|<tf\.Rank\.\w+>/g, '');
  const code = untyped.replace(/^import \{(.*)\} from '@rs\/(\w+)';$/gm, 'const {$1} = $2;').replace(/^import .*$/gm, '');
  const console = { log: (line: unknown) => printed.push(String(line)) };
  new Function('tf', 'ovseg', 'nn', 'console', code)(tf, ovseg, nn, console);
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
});
