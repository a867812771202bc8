import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { formatWithOptions } from 'node:util';
import { expect, test, vi } from 'vitest';

export interface UsageOptions {
  readonly block?: number; // which ts block of the README; default: the first
  readonly edit?: (usage: string) => string; // such as other names for the files that it writes
}

/**
 * A test that runs the usage in a package's README and compares what it prints with the comments behind `console.log(...)`; a string may stand in
 * quotes there.
 *
 * @param testFile URL of the test file: README.md lies one folder above, and packages are found from there
 */
export function testReadmeUsage(testFile: string, { block = 0, edit = (usage) => usage }: UsageOptions = {}): void {
  const timeout = 240_000; // it may be the first to load the packages
  test(`usage ${block + 1} in the README prints what it says`, { timeout }, async () => {
    const readme = await readFile(new URL('../README.md', testFile), 'utf8');
    const [, usage] = [...readme.matchAll(/```ts\n([^]*?)```/g)][block];
    const expected = [...usage.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, value]) => value.replace(/^'(.*)'$/, '$1'));
    const script = fileURLToPath(new URL(`.readme-usage-${block}.ts`, testFile));
    const printed: string[] = [];
    const log = vi
      .spyOn(console, 'log')
      .mockImplementation((...values) => void printed.push(formatWithOptions({ colors: false }, ...values)));
    try {
      await writeFile(script, edit(usage));
      await import(script);
    } finally {
      log.mockRestore();
      await rm(script);
    }
    expect(printed).toEqual(expected);
    expect(printed).not.toEqual([]);
  });
}
