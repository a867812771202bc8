import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as nn from '@rs/nn';
import ts from 'typescript';
import { expect, test } from 'vitest';
import * as starsAlign from '../src/index.js';

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const code = ts.transpile(block, { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 });
  const packages: Record<string, unknown> = { '@tensorflow/tfjs-core': tf, '@rs/nn': nn, '@rs/stars-align': starsAlign };
  const printed: string[] = [];
  const run = new Function('require', 'exports', 'console', code);
  run((name: string) => packages[name], {}, { log: (...values: unknown[]) => printed.push(values.join(' ')) });
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
});
