import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as losses from '@rs/losses';
import * as nn from '@rs/nn';
import * as train from '@rs/train';
import ts from 'typescript';
import { expect, test } from 'vitest';
import * as starsAlign from '../src/index.js';

type Run = (require: (name: string) => unknown, exports: object, console: { log: (...values: unknown[]) => void }) => Promise<void>;

const packages: Record<string, unknown> = {
  '@tensorflow/tfjs-core': tf,
  '@rs/losses': losses,
  '@rs/nn': nn,
  '@rs/stars-align': starsAlign,
  '@rs/train': train,
};
const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (...parts: string[]) => Run;
const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, block]) => block);

test.each(blocks)('usage prints what it says: %#', async (block) => {
  const code = ts.transpile(block, { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 });
  const printed: string[] = [];
  await new AsyncFunction('require', 'exports', 'console', code)(
    (name) => packages[name],
    {},
    { log: (...values) => printed.push(values.join(' ')) },
  );
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
});
