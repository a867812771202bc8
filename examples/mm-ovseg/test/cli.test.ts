import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const root = temporaryFolder();

/** A built command, as a user runs it, in a folder of its own. */
function command(file: string, ...words: string[]): { code: number | null; stdout: string; stderr: string } {
  const environment = { ...process.env, INIT_CWD: root };
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(dist, file), ...words], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe.runIf(existsSync(path.join(dist, 'cli.js')))('mm-ovseg', () => {
  test('without --table it lists what there is', () => {
    const { code, stdout } = command('cli.js', 'reproduce');
    expect(code).toBe(0);
    expect(linesOf(stdout).slice(0, 2)).toEqual([
      expect.stringMatching(/^--table 2 +Table 2: /),
      expect.stringMatching(/^--table 3 +Table 3: /),
    ]);
    expect(stdout).toMatch(/--table 15 +Table A5: /);
  });

  test.each([
    [['reproduce', '--table', '7'], /there is no table 7; there are 2, 3, 4, 11, 12, 13, 14, 15, 16/],
    [['reproduce', '--table', '3', '--data', '.'], /--data is not for reproduce/],
  ])('%j is wrong usage: exit code 2, nothing on stdout', (words, problem) => {
    const { code, stdout, stderr } = command('cli.js', ...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(problem);
  });
});

describe.runIf(existsSync(path.join(dist, 'segment-cli.js')))('rs-ovseg', () => {
  const words = ['--optical', 'none.png', '--classes', 'water,road'];

  test('--help begins with examples', () => {
    const { code, stdout } = command('segment-cli.js', '--help');
    expect(code).toBe(0);
    expect(linesOf(stdout)[0]).toMatch(/^npx rs-ovseg --optical/);
  });

  test('a missing option is wrong usage, a file that is no checkpoint bad input', () => {
    expect(command('segment-cli.js', ...words)).toMatchObject({ code: 2, stdout: '' });
    writeFileSync(path.join(root, 'weights.pth'), 'no weights');
    const { code, stdout, stderr } = command('segment-cli.js', ...words, '--checkpoint', 'weights.pth', '--quiet');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(linesOf(stderr)).toEqual([expect.stringMatching(/^rs-ovseg: .*weights\.pth/)]);
  });
});
