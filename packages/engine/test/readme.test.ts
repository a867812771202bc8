import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the usage in the README prints what it says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, program] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, value]) => value);
  const file = fileURLToPath(new URL('readme-usage.mjs', import.meta.url)); // beside the package, to find it by name
  writeFileSync(file, program);
  try {
    const printed = execFileSync(process.execPath, [file], { encoding: 'utf8' }).trim().split('\n');
    expect(expected.length).toBeGreaterThan(0);
    expect(printed).toEqual(expected);
  } finally {
    rmSync(file);
  }
});
