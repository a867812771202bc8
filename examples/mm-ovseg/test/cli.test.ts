import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtCommand, linesOf } from '../../../packages/experiments/test/app-testing.js';
import { describeCommand } from '../../../packages/experiments/test/app-tests.js';
import { temporaryFolder } from '../../../packages/experiments/test/temporary-folder.js';

describeCommand(
  {
    name: 'mm-ovseg',
    cli: new URL('../dist/cli.js', import.meta.url),
    firstExample: 'npm run reproduce -- mm-ovseg --table 3',
    table: 3,
    wrong: [['--table 7', /there is no table 7; there are 2, 3, 4, 11, 12, 13, 14, 15, 16/]],
  },
  (ovseg, root) => {
    test('without --table it lists what there is', () => {
      const { code, stdout } = ovseg('reproduce');
      expect(code).toBe(0);
      expect(linesOf(stdout).slice(0, 2)).toEqual([
        expect.stringMatching(/^--table 2 +Table 2: /),
        expect.stringMatching(/^--table 3 +Table 3: /),
      ]);
      expect(stdout).toMatch(/--table 15 +Table A5: /);
    });

    test('a folder without the weights is told in one line: exit code 3', () => {
      const { code, stdout, stderr } = ovseg('reproduce', '--table', '3', '--data', mkdtempSync(path.join(root, 'empty-')));
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(linesOf(stderr).at(-1)).toMatch(/^mm-ovseg: .*empty-\w+\/weights\/clip-vit-b16\.pth: is missing; expected CLIP's state dict/);
    });
  },
);

const segment = new URL('../dist/segment-cli.js', import.meta.url);

describe.runIf(existsSync(segment))('rs-ovseg', () => {
  const root = temporaryFolder();
  const ovseg = builtCommand(segment, root);
  const words = ['--optical', 'none.png', '--classes', 'water,road'];

  test('--help begins with examples', () => {
    const { code, stdout } = ovseg('--help');
    expect(code).toBe(0);
    expect(linesOf(stdout)[0]).toMatch(/^npx rs-ovseg --optical/);
  });

  test('a missing option is wrong usage, a file that is no checkpoint bad input', () => {
    expect(ovseg(...words)).toMatchObject({ code: 2, stdout: '' });
    writeFileSync(path.join(root, 'weights.pth'), 'no weights');
    const { code, stdout, stderr } = ovseg(...words, '--checkpoint', 'weights.pth', '--quiet');
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(linesOf(stderr)).toEqual([expect.stringMatching(/^rs-ovseg: .*weights\.pth/)]);
  });
});
