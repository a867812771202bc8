import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import ts from 'typescript';
import { expect, test } from 'vitest';
import * as nn from '../src/index.js';

type Run = (require: (name: string) => unknown, exports: object, console: { log: (line: unknown) => void }) => Promise<void>;

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const code = ts.transpile(block, { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 });
  const packages: Record<string, unknown> = {
    '@tensorflow/tfjs-core': tf,
    '@rs/nn': nn,
    '@rs/engine': { useEngine: () => Promise.resolve() }, // the test setup has called it
  };
  const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (...parts: string[]) => Run;
  const printed: string[] = [];
  await new AsyncFunction('require', 'exports', 'console', code)(
    (name) => packages[name],
    {},
    { log: (line) => printed.push(String(line)) },
  );
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
});
