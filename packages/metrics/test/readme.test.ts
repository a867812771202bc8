import { readFile } from 'node:fs/promises';
import { formatWithOptions } from 'node:util';
import { expect, test } from 'vitest';
import * as metrics from '../src/index.js';

test("the README's usage prints what it says", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const printed: string[] = [];
  const code = block.replace(/^import .*$/gm, '').replace(/: number(\[\])?/g, '');
  new Function('metrics', 'console', `const { ${Object.keys(metrics).join(', ')} } = metrics; ${code}`)(metrics, {
    log: (...values: unknown[]) => printed.push(formatWithOptions({ colors: false }, ...values)),
  });
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
});
