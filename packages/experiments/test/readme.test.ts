import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';

test('the usage in the README prints what it says', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const usage = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const expected = [...usage.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, value]) => value);
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((value) => void printed.push(inspect(value)));
  const script = fileURLToPath(new URL('./.readme-usage.ts', import.meta.url)); // beside the tests, where packages are found
  try {
    await writeFile(script, usage);
    await import(script);
  } finally {
    log.mockRestore();
    await rm(script);
  }
  expect(printed).toEqual(expected);
  expect(expected).toHaveLength(6);
});
