import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const root = temporaryFolder();

/** The built command, as a user runs it, in a folder of its own. */
function fusion(...words: string[]): { code: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, INIT_CWD: root };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], { cwd: root, env, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe.runIf(existsSync(cli))('ot-mmd-fusion', () => {
  test('--help begins with examples', () => {
    const { code, stdout } = fusion('reproduce', '--help');
    expect(code).toBe(0);
    expect(linesOf(stdout)[0]).toBe('npm run reproduce -- ot-mmd-fusion --table 1');
  });

  test('a table that there is not is wrong usage: exit code 2, a short message, nothing on stdout', () => {
    const { code, stdout, stderr } = fusion('reproduce', '--table', '7');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/there is no table 7; there are 1, 2, 3, 4/);
  });

  test('an unknown key of a config is told with the file, exit code 2', () => {
    writeFileSync(path.join(root, 'mine.yaml'), 'name: mine\ncolour: red\n');
    const { code, stdout, stderr } = fusion('reproduce', '--config', 'mine.yaml');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(linesOf(stderr)).toEqual([expect.stringMatching(/^ot-mmd-fusion: .*mine\.yaml: .*colour/)]);
  });

  test('a folder without tiles is told in one line, exit code 3', () => {
    const empty = mkdtempSync(path.join(root, 'empty-'));
    const { code, stdout, stderr } = fusion('reproduce', '--quick', '--data', empty, '--out', 'runs');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(linesOf(stderr).at(-1)).toMatch(/^ot-mmd-fusion: .*empty-\w+: no sample of vaihingen/);
  });
});
