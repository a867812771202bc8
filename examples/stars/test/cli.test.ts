import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const root = temporaryFolder();

/** The built command, as a user runs it, in a folder of its own. */
function stars(...words: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
    cwd: root,
    env: { ...process.env, INIT_CWD: root },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const stack = /^\s+at .*:\d+/m;

describe.runIf(existsSync(cli))('stars', () => {
  test('--help begins with examples', () => {
    const { code, stdout } = stars('reproduce', '--help');
    expect(code).toBe(0);
    expect(linesOf(stdout)[0]).toBe('npm run reproduce -- stars --table 1');
    for (const option of ['--table', '--data', '--config', '--quick', '--seeds', '--out', '--fresh', '--json', '--quiet', '--verbose'])
      expect(stdout).toContain(option);
  });

  test('without a choice it lists the tables and trains nothing', () => {
    const { code, stdout } = stars('reproduce');
    expect(code).toBe(0);
    expect(linesOf(stdout)[3]).toBe('--table 4   what each module adds');
  });

  test.each([
    [['reproduce', '--tabel', '1'], /unknown option '--tabel'/],
    [['reproduce', '--table', '8'], /there is no table 8; there are 1, 2, 3, 4, 5, 6, 7/],
    [['reproduce', '--table', 'one'], /expected whole numbers separated by commas, found "one"/],
    [['reproduce', '--seeds', ''], /expected whole numbers separated by commas, found ""/],
    [['rebuild'], /unknown command 'rebuild'/],
  ])('%j is wrong usage: exit code 2, a short message, nothing on stdout', (words, problem) => {
    const { code, stdout, stderr } = stars(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(problem);
    expect(linesOf(stderr).length).toBeLessThanOrEqual(2);
  });

  test('an unknown key of a config is told with the file, exit code 2', () => {
    const file = path.join(root, 'mine.yaml');
    writeFileSync(file, 'name: mine\ncolour: red\n');
    const { code, stdout, stderr } = stars('reproduce', '--table', '1', '--config', 'mine.yaml');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(linesOf(stderr)).toEqual([expect.stringMatching(/^stars: .*mine\.yaml: .*colour/)]);
  });

  test('a folder without samples is told in one line, exit code 3; --verbose says where in the code', () => {
    const empty = mkdtempSync(path.join(root, 'empty-'));
    const words = ['reproduce', '--table', '1', '--quick', '--data', empty, '--out', 'runs'];
    const { code, stdout, stderr } = stars(...words);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(linesOf(stderr).at(-1)).toMatch(/^stars: .*empty-\w+: no sample of earthmiss/);
    expect(stderr).not.toMatch(stack);
    expect(stars(...words, '--verbose').stderr).toMatch(stack);
    expect(readdirSync(path.join(root, 'runs')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  test('an output folder that cannot be made is told in one line', () => {
    writeFileSync(path.join(root, 'file'), '');
    const { code, stderr } = stars('reproduce', '--table', '1', '--quick', '--quiet', '--out', 'file/runs');
    expect(code).toBe(1);
    expect(linesOf(stderr)).toEqual([expect.stringMatching(/^stars: .*file\/runs/)]);
  });
});
