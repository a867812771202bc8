import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import * as properties from '../src/index.js';

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const printed: string[] = [];
  const code = block.replace(/^import .*$/gm, '').replace(/: TensorLoss<\w+>| as Error/g, '');
  new Function('tf', 'properties', 'console', `const { ${Object.keys(properties).join(', ')} } = properties; ${code}`)(tf, properties, {
    log: (line: string) => printed.push(line),
  });
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
});
