import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';

test('the usage in the README prints what it says', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const usage = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const expected = [...usage.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, value]) => value);
  const folder = await mkdtemp(path.join(tmpdir(), 'readme-'));
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((value) => void printed.push(inspect(value)));
  try {
    const index = new URL('../src/index.ts', import.meta.url).href;
    const script = path.join(folder, 'usage.ts');
    await writeFile(
      script,
      usage.replace(`'@rs/weights'`, `'${index}'`).replaceAll(`'model.safetensors'`, `'${folder}/model.safetensors'`),
    );
    await import(script);
  } finally {
    log.mockRestore();
    await rm(folder, { recursive: true });
  }
  expect(expected.length).toBeGreaterThan(0);
  expect(printed).toEqual(expected);
});
