import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import * as report from '../src/index.js';

test("the README's usage prints what it says and writes its report", async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, block] = /```ts\n([^]*?)```/.exec(readme) as RegExpExecArray;
  const printed: string[] = [];
  const folder = await mkdtemp(path.join(tmpdir(), 'rs-report-'));
  const code = block
    .replace(/^import .*$/gm, '')
    .replace(/: Table\b/g, '')
    .replace("'report.html'", JSON.stringify(path.join(folder, 'report.html')));
  const run = new Function(
    'report',
    'console',
    `const { ${Object.keys(report).join(', ')} } = report; return (async () => { ${code} })();`,
  );
  await run(report, { log: (line: string) => printed.push(line) });
  expect(printed).toEqual([...block.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, wanted]) => wanted));
  expect(printed.length).toBeGreaterThan(0);
  expect(await readdir(folder)).toEqual(['report.html']);
  await rm(folder, { recursive: true });
});
